import { InputError } from "../input-error.ts";
import type { Outcome, Run } from "../doctor/run.ts";
import type { StackChart, StackImage } from "./list.ts";

// crane and Helm read the logins of `docker login` and `helm registry login`.
const installation = {
  crane: "install it: https://github.com/google/go-containerregistry/tree/main/cmd/crane",
  helm: "install it: https://helm.sh/docs/intro/install/",
};

/** What one image or chart is called in a message, and why it failed. */
export interface Failure {
  readonly name: string;
  readonly why: string;
}

/** The digests of images, and the images without one. @throws InputError where crane is missing */
export async function resolveDigests(
  images: readonly StackImage[],
  run: Run,
): Promise<{ digests: Record<string, string>; failures: Failure[] }> {
  const digests: Record<string, string> = {};
  const failures: Failure[] = [];
  const answers = await Promise.all(
    images.map(async ({ name, digest }) => ({ name, ...(await digestOf(name, digest, run)) })),
  );
  for (const { name, digest, why } of answers)
    if (digest === undefined) failures.push({ name, why: why ?? "unknown" });
    else digests[name] = digest;
  return { digests, failures };
}

/** Where an image goes in a mirror. */
export function mirrored(name: string, mirror: string): string {
  return `${mirror}/${name.slice(name.indexOf("/") + 1)}`;
}

/**
 * Images that have one name in a mirror, because only their registries differ: the second would replace the first.
 * @returns the names of each such group
 */
export function collisions(images: readonly StackImage[]): string[][] {
  const groups = Map.groupBy(images, ({ name }) => name.slice(name.indexOf("/") + 1));
  return [...groups.values()].filter(({ length }) => length > 1).map((group) => group.map(({ name }) => name));
}

/** Copies an image with all its platforms to a mirror. @returns why it failed, or undefined */
export async function copyImage(name: string, digest: string | undefined, mirror: string, run: Run) {
  const source = digest === undefined ? name : `${name.slice(0, name.lastIndexOf(":"))}@${digest}`;
  return failure("crane", await run("crane", ["copy", source, mirrored(name, mirror)]));
}

/** Copies a chart to `oci://MIRROR/charts`. @param folder for downloads @returns why it failed, or undefined */
export async function copyChart({ name, version, source }: StackChart, mirror: string, folder: string, run: Run) {
  const file = source.kind === "file" ? source.path : `${folder}/${name}-${version}.tgz`;
  if (source.kind === "pull") {
    const why = failure("helm", await run("helm", ["pull", ...source.args, "--destination", folder]));
    if (why !== undefined) return why;
  }
  // As crane does, plain HTTP for a registry on this machine only.
  const plain = /^(localhost|127\.0\.0\.1)(:|\/|$)/.test(mirror) ? ["--plain-http"] : [];
  return failure("helm", await run("helm", ["push", file, `oci://${mirror}/charts`, ...plain]));
}

async function digestOf(name: string, own: string | undefined, run: Run): Promise<{ digest?: string; why?: string }> {
  if (own !== undefined) return { digest: own };
  const outcome = await run("crane", ["digest", name]);
  const why = failure("crane", outcome);
  if (why !== undefined) return { why };
  const digest = outcome.kind === "ended" ? outcome.stdout.trim() : "";
  return /^sha256:[0-9a-f]{64}$/.test(digest) ? { digest } : { why: `crane answered ${JSON.stringify(digest)}` };
}

function failure(program: keyof typeof installation, outcome: Outcome): string | undefined {
  if (outcome.kind === "missing") throw new InputError(`${program} is not on PATH: ${installation[program]}`);
  if (outcome.kind === "timeout") return `no answer within ${outcome.seconds} s`;
  if (outcome.kind === "flood") return `${program} printed too much`;
  return outcome.code === 0 ? undefined : reason(outcome.stderr);
}

/** The last line of an error, without the program's prefix: registries answer with a line of JSON inside one of text. */
function reason(stderr: string): string {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  const text = line.replace(/^(Error: |\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2} )+/, "");
  return text === "" ? "it ended without a message" : text.slice(0, 300);
}
