import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

const services = [
  "certificates",
  "postgres",
  "gateway",
  "keycloak",
  "logging",
  "monitoring",
  "storage",
  "namespaces",
  "backup",
  "midpoint",
  "confluence",
  "matrix",
  "worldcereal",
  "aws",
];

export default tseslint.config(
  { ignores: ["node_modules", "out"] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["*.js"] }, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js"] })] },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      // An Output in a template literal prints a function's text instead of its value.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-base-to-string": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "no-restricted-imports": [
        "error",
        {
          paths: ["@pulumi/kubernetes", "@pulumi/aws", "@pulumi/random", "@pulumi/tls"].map((name) => ({
            name,
            message: `Import the module that holds the resource, such as ${name}/…/x.js: the whole package is slow to load.`,
            allowTypeImports: true,
          })),
        },
      ],
      // index → stacks → components/<service> → components/kit; plan sees the program, never a service.
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            {
              target: "./components/kit",
              from: ["./components", "./stacks", "./plan", "./index.ts"],
              except: ["./kit"],
            },
            ...services.map((service) => ({
              target: `./components/${service}`,
              from: "./components",
              except: [`./${service}`, "./kit"],
              message: "A service takes a binding; it never imports another service.",
            })),
            { target: "./components", from: ["./stacks", "./plan", "./index.ts"] },
            { target: "./stacks", from: ["./plan", "./index.ts"] },
            { target: "./plan", from: services.map((service) => `./components/${service}`) },
            { target: ["./components", "./stacks", "./plan", "./index.ts"], from: "./tests" },
          ],
        },
      ],
    },
  },
  {
    // Mocha's `this` and its callbacks, and assertions on parsed data.
    files: ["tests/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "@typescript-eslint/no-unsafe-member-access": "off" },
  },
  {
    files: ["**/*.js"],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { globals: { process: "readonly" } },
  },
);
