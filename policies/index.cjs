// The engine loads a policy pack with require() and its own TypeScript compiler: this file is plain CommonJS, and imports the checks
// when the engine has a stack for them.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the engine loads this file with require()
const { PolicyPack } = require("@pulumi/policy");

const policy = (name, enforcementLevel, description) => ({
  name,
  description,
  enforcementLevel,
  validateStack: async ({ resources }, report) => {
    if (!process.features.typescript)
      throw new Error(
        `Groundplan needs Node 22.18 or later, and this is Node ${process.versions.node}. Run Pulumi as \`npx pulumi …\`.`,
      );
    const { validateStack } = await import("../plan/policy/pack.ts");
    await validateStack(resources, enforcementLevel, report);
  },
});

new PolicyPack("groundplan", {
  policies: [
    policy("errors", "mandatory", "The checks of the plan find no error (docs/checks.md)."),
    policy("warnings", "advisory", "The checks of the plan find nothing else (docs/checks.md)."),
  ],
});
