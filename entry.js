// The Pulumi engine starts this file with the first Node on PATH. It is plain JavaScript, so that an older Node shows the message
// below instead of a syntax error in a TypeScript file.
export default async () => {
  const pulumi = await import("@pulumi/pulumi");
  if (!process.features.typescript) {
    throw new pulumi.RunError(
      `Groundplan requires Node 22.18 or later, but this is Node ${process.versions.node}. ` +
        "Run Pulumi as `npx pulumi …`, which puts the Node of this project first on PATH, or install Node 24.",
    );
  }
  const { groundplan } = await import("./index.ts");
  return groundplan()();
};
