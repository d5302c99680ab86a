// What recipes of several subjects use.
import { fail } from "node:assert/strict";
import { run } from "../../cluster/cluster.ts";
import type { Recipe } from "../images.ts";

/** Debian's programs, of all images that hold some: one file system, so that the node keeps it once. */
export const packages: readonly string[] = ["postgresql", "socat", "procps", "prometheus-postgres-exporter", "rclone"];

/** A program that is all that its image holds. */
export function alone(program: string, ...args: readonly string[]): Recipe {
  return { files: { program }, entrypoint: ["/program", ...args], user: "65534" };
}

/** The file of a program on PATH. @throws Error where it is not there */
export function fileOf(name: string | undefined, missing = `${name} is missing`): string {
  return run("sh", ["-c", 'command -v "$1"', "sh", name ?? fail(`${missing}: docs/testing-node.md`)]).out.trim();
}
