import { formatBytes } from "../../components/kit/quantities.ts";
import type { Plan } from "../plan.ts";
import { allContainers, runningContainers } from "../pods.ts";
import type { ContainerData } from "../pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";
import { text, texts } from "../../components/kit/unknown.ts";
import { bytes } from "./look.ts";
import { brings, imagesOf } from "./software.ts";
import type { Software } from "./software.ts";

/** The fraction of a memory limit that a heap may use: classes, code, stacks and buffers are outside the heap. */
const heapShare = 0.8;

/** Variables that contain only a heap's size, in the notation of `-Xmx`. */
const heapVariables = ["MP_MEM_MAX", "JVM_MAXIMUM_MEMORY"];

/** Default heaps of images (their Dockerfiles and entry points). */
const heapDefaults: readonly (readonly [Software, string])[] = [
  ["midPoint", "2048m"],
  ["Confluence", "1024m"],
];

/** The check of Java heaps against memory limits. */
export const memoryChecks: readonly Check[] = [
  {
    id: "GP041",
    title: "Java heaps are smaller than the memory limit",
    severity: "error",
    reason:
      "Java also needs memory outside its heap, for classes, code, threads and buffers. If the limit is too low for that, the kernel kills the process under load, without a log message.",
    fix: "Raise the memory limit, or lower the heap, code cache and direct memory to at most 80 % of it together.",
    examine: heaps,
  },
];

function heaps(plan: Plan): Examination {
  const examination = new Examination();
  const defaults = defaultHeaps(plan);
  for (const pod of inventoryOf(plan).pods) {
    // An init container runs another program of its image.
    const running = new Set(runningContainers(pod.spec));
    for (const container of allContainers(pod)) {
      const limit = bytes(container.resources.limits["memory"]);
      const words = javaWords(container);
      const heap =
        heapOf(container, words, limit) ??
        (running.has(container) ? bytesOf(defaults.get(`${pod.owner} ${container.name}`)) : undefined);
      if (limit === undefined || heap === undefined) continue;
      examination.look(pod.owner);
      const beside = besideHeap(container, words);
      const allowed = Math.min(limit * heapShare, limit - beside);
      if (heap <= allowed) continue;
      const more = beside === 0 ? "" : ` and ${formatBytes(beside)} outside it`;
      examination.find(
        pod.owner,
        `has a heap of ${formatBytes(heap)}${more} in a limit of ${formatBytes(limit)}; at most ${formatBytes(Math.max(0, Math.floor(allowed)))} fit`,
        { container: container.name },
      );
    }
  }
  return examination;
}

function defaultHeaps(plan: Plan): Map<string, string> {
  return new Map(
    imagesOf(plan).flatMap((image) => {
      const heap = image.run ? heapDefaults.find(([software]) => brings(image, software))?.[1] : undefined;
      return heap === undefined ? [] : [[`${image.pod.owner} ${image.container}`, heap] as const];
    }),
  );
}

/** The words of all variables and arguments that may contain JVM options. */
function javaWords({ env, ...container }: ContainerData): string[] {
  const values = env.flatMap(({ value }) => text(value) ?? []).filter((value) => value.includes("-X"));
  const lines = [...values, ...texts(container["command"]), ...texts(container["args"])];
  return lines.filter((line) => line.includes("-X")).flatMap((line) => line.split(/[\s"']+/));
}

/** The heap from options, variables and percentages of the limit; the last option wins, as in Java. */
function heapOf({ env }: ContainerData, words: readonly string[], limit: number | undefined): number | undefined {
  const option = words.findLast((word) => word.startsWith("-Xmx") || word.startsWith("-XX:MaxHeapSize="));
  if (option !== undefined) return bytesOf(option.replace(/^-Xmx|^-XX:MaxHeapSize=/, ""));
  const share = words.findLast((word) => word.startsWith("-XX:MaxRAMPercentage="))?.split("=")[1];
  if (share !== undefined && limit !== undefined && Number.isFinite(Number(share)))
    return (Number(share) / 100) * limit;
  const variable = env.findLast(({ name }) => heapVariables.includes(text(name) ?? ""));
  return bytesOf(text(variable?.["value"]));
}

/** Bytes that options reserve outside the heap. */
function besideHeap({ env }: ContainerData, words: readonly string[]): number {
  const options = ["-XX:ReservedCodeCacheSize=", "-XX:MaxMetaspaceSize=", "-XX:MaxDirectMemorySize="].map((option) =>
    words.findLast((word) => word.startsWith(option))?.slice(option.length),
  );
  const cache = env.findLast(({ name }) => name === "JVM_RESERVED_CODE_CACHE_SIZE")?.["value"];
  return [...options, options[0] === undefined ? text(cache) : undefined].reduce(
    (sum, size) => sum + (bytesOf(size) ?? 0),
    0,
  );
}

/** Bytes in Java's notation: `2g`, `512m`, `1024k` or a plain number, all binary. */
function bytesOf(size: string | undefined): number | undefined {
  const match = /^([0-9]+)([kmgt]?)$/i.exec(size ?? "");
  if (match === null) return undefined;
  return Number(match[1]) * 1024 ** ["", "k", "m", "g", "t"].indexOf((match[2] ?? "").toLowerCase());
}
