// What the Pulumi engine starts, with whatever Node is first on PATH. It is plain JavaScript, so that an older Node
// reaches the message below instead of an error about the syntax of a TypeScript file.
const [major, minor] = process.versions.node.split(".").map(Number);
const runsTypeScript = major > 22 || (major === 22 && minor >= 18);

export default async () => {
  const pulumi = await import("@pulumi/pulumi");
  if (!runsTypeScript) {
    throw new pulumi.RunError(
      `Groundplan needs Node 22.18 or later, and this is Node ${process.versions.node}. ` +
        "Run Pulumi as `npx pulumi …`, which puts the Node of this project first on PATH, or install Node 24.",
    );
  }
  const { program } = await import("./index.ts");
  return program().outputs;
};
