// The engine loads a policy pack with require() and its own TypeScript compiler: this file is plain CommonJS, and imports the checks
// when the engine has a stack for them.
/* global __dirname */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the engine loads this file with require()
const { PolicyPack } = require("@pulumi/policy");

/** The checks: TypeScript in the repository, and JavaScript in the published package, which is below node_modules. */
const load = () => {
  if (__dirname.includes("node_modules")) return import("../dist/public/policies.js");
  if (process.features.typescript) return import("../public/policies.ts");
  throw new Error(
    `Groundplan needs Node 22.18 or later, and this is Node ${process.versions.node}. Run Pulumi as \`npx pulumi …\`.`,
  );
};

const policy = (name, enforcementLevel, description) => ({
  name,
  description,
  enforcementLevel,
  validateStack: async ({ resources }, report) => {
    const { validateStack } = await load();
    await validateStack(resources, enforcementLevel, report);
  },
});

new PolicyPack("groundplan", {
  policies: [
    policy("errors", "mandatory", "The checks of the plan find no error (docs/checks/README.md)."),
    policy("warnings", "advisory", "The checks of the plan find nothing else (docs/checks/README.md)."),
  ],
});
