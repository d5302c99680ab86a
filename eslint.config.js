import js from "@eslint/js";
import tseslint from "typescript-eslint";

// Loading a whole package is slow; loading the file of one resource is not.
const wholePackages = ["@pulumi/kubernetes", "@pulumi/aws", "@pulumi/random", "@pulumi/tls"].map((name) => ({
  name,
  message: `Import the module that holds the resource, such as ${name}/…/x.js: the whole package is slow to load.`,
  allowTypeImports: true,
}));

/** Forbids imports by their path: rules of one name do not add up, so each folder gets its whole list. */
const imports = (files, ...patterns) => ({
  files,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { paths: wholePackages, patterns }] },
});

// index → stacks → components/<service> → components/kit; plan imports the program, never a service; nothing imports tests.
const outward = {
  regex: "^(\\.\\./)+(stacks|plan|tests|index\\.ts)",
  message: "Imports go from the program to its parts, never back.",
};

export default tseslint.config(
  // The template imports the built package: `npm run test:package` checks its types.
  { ignores: ["node_modules", "out", "dist", ".cache", "template"] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["*.js", "policies/*.cjs"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      // An Output in a template literal prints a function's text instead of its value.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-base-to-string": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
    },
  },
  imports(["index.ts"], {
    regex: "^\\./(plan|tests)/",
    message: "The program imports neither the plan nor the tests.",
  }),
  imports(["stacks/**/*.ts"], {
    regex: "^(\\.\\./)+(plan|tests|index\\.ts)",
    message: "Imports go from the program to its parts, never back.",
  }),
  imports(["components/*/**/*.ts"], outward, {
    regex: "^\\.\\./(?!kit/)",
    message: "A service takes a binding; it never imports another service.",
  }),
  // Folders inside a service's folder.
  ...[1, 2].map((depth) =>
    imports([`components/*/${"*/".repeat(depth)}*.ts`], outward, {
      regex: `^(\\.\\./){${depth + 1}}(?!kit/)`,
      message: "A service takes a binding; it never imports another service.",
    }),
  ),
  imports(["components/kit/**/*.ts"], { regex: "^\\.\\./", message: "The kit imports no service." }),
  imports(
    ["plan/**/*.ts"],
    { regex: "components/(?!kit/)", message: "The plan imports the program, never a service." },
    { regex: "^(\\.\\./)+tests/", message: "Nothing imports tests." },
  ),
  imports(["tests/**/*.ts"]),
  {
    // Mocha's `this` and its callbacks, and assertions on parsed data.
    files: ["tests/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "@typescript-eslint/no-unsafe-member-access": "off" },
  },
  {
    files: ["**/*.js", "**/*.cjs"],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: { process: "readonly", require: "readonly" },
    },
  },
);
