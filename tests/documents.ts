// The objects that a document describes against those of a stack: every difference, with its reason.
import assert from "node:assert/strict";
import { plannedObjects } from "../plan/objects.ts";
import { recordStack, stackNamed } from "./stacks.ts";

/** The fields of one object of a document, by path: `spec.template.spec.containers.0.image`. */
export interface Described {
  readonly kind: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A value of a list by the value of its members' key: `env.[name=X].value`. */
const selector = /^\[(\w+)=(.+)\]$/;

/** The value at a path of an object. */
export function valueAtPath(body: unknown, path: string): unknown {
  const steps = path.match(/\[[^\]]*\]|[^.[\]]+(?:\\\.[^.]*)*/g) ?? [];
  return steps.reduce<unknown>((here, step) => {
    if (typeof here !== "object" || here === null) return undefined;
    const [, key, value] = selector.exec(step) ?? [];
    if (key !== undefined) return (here as Record<string, unknown>[]).find((one) => String(one[key]) === value);
    return (here as Record<string, unknown>)[step];
  }, body);
}

/** An object of a stack's own, as the plan shows it. */
export async function plannedIn(stack: string) {
  const { resources } = await recordStack(stackNamed(stack));
  const objects = plannedObjects(resources);
  return {
    objects,
    find: (kind: string, name: string): Record<string, unknown> => {
      const found = objects.filter((one) => one.kind === kind && one.name === name);
      assert.equal(found.length, 1, `${kind} ${name}`);
      return found[0]?.manifest as Record<string, unknown>;
    },
  };
}

/** The differences of a stack from a document: `Kind name path`, what the document has, and what the stack has. */
export async function differences(
  stack: string,
  document: readonly Described[],
): Promise<Record<string, readonly [document: unknown, stack: unknown]>> {
  const { objects } = await plannedIn(stack);
  type Row = readonly [string, readonly [document: unknown, stack: unknown]];
  const found = document.flatMap(({ kind, name, fields }): readonly Row[] => {
    const same = objects.filter((one) => one.kind === kind && one.name === name);
    if (same.length !== 1) return [[`${kind} ${name}`, ["present", same.length === 0 ? "absent" : "several"]]];
    return Object.entries(fields).flatMap(([path, value]): readonly Row[] => {
      const own = valueAtPath(same[0]?.manifest, path);
      try {
        assert.deepEqual(own, value);
        return [];
      } catch {
        return [[`${kind} ${name} ${path}`, [value, own]]];
      }
    });
  });
  return Object.fromEntries(found);
}

/** Asserts that a stack differs from a document exactly as a table says, each row with a reason. */
export async function assertDifferences(
  stack: string,
  document: readonly Described[],
  expected: Readonly<Record<string, readonly [document: unknown, stack: unknown, reason: string]>>,
): Promise<void> {
  const found = await differences(stack, document);
  assert.deepEqual(found, Object.fromEntries(Object.entries(expected).map(([path, [was, is]]) => [path, [was, is]])));
  for (const [path, [, , reason]] of Object.entries(expected)) assert.match(reason, /^\S.{10,}[^.]$/, path);
}
