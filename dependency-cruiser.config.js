// What ESLint cannot tell from one file: circles of files, imports of types included.

/** Circles that remain, each to be broken by a file that both sides import. */
const known =
  "^(components/monitoring/(shape|thanos|logs|grafana|data-sources|monitoring)|components/gateway/(gateway|install)|components/logging/(logging|graylog/configuration-job)|stacks/settings/(check|unknown))\\.ts$";

export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "What both files need moves to a file that imports neither of them.",
      severity: "error",
      from: { pathNot: known },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    // Sees `import type` too.
    tsPreCompilationDeps: true,
  },
};
