// What ESLint cannot tell from one file: circles of files, imports of types included.
export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "Move what both files need to a file that imports neither of them.",
      severity: "error",
      from: {},
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
