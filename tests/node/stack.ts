// A stack's own objects, unchanged, on a real node: applied in the order of their dependencies, as Pulumi's engine does.
import type { PlannedObject, PlannedRelease } from "../../plan/objects.ts";
import { allContainers, podTemplate } from "../../plan/pods.ts";
import { Deployment } from "../cluster/deployment.ts";
import type { ClusterStack } from "../cluster/deployment.ts";
import "../charts/rendering.ts";
import { planStack } from "../plans.ts";
import { stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import type { Recipe } from "./images.ts";
import type { RealNode } from "./node.ts";
import { isKnown, recipeOf } from "./recipes.ts";

/** An object or a release of a stack. */
export type Piece = PlannedObject | PlannedRelease;

/** A stack on a node. Only the address of its API server differs from the one that is planned. */
export class NodeStack {
  readonly deployment: Deployment;
  private readonly node: RealNode;
  private readonly brought = new Set<string>();

  private constructor(node: RealNode, deployment: Deployment) {
    this.node = node;
    this.deployment = deployment;
  }

  /** Creates the namespaces of a stack with all policies of their networks, and the priorities of its pods. */
  static async of(node: RealNode, stack: ClusterStack): Promise<NodeStack> {
    const made = new NodeStack(node, await Deployment.of(node, stack));
    made.bring(({ kind }) => ["Namespace", "NetworkPolicy", "PriorityClass"].includes(kind));
    return made;
  }

  /**
   * Applies those of the objects and releases that are chosen and not there yet, and waits for releases and Jobs.
   * @throws Error with the pods' states and events, where a release or a Job does not become ready
   */
  bring(chosen: (piece: { kind: string; namespace?: string; name: string; component: string }) => boolean): void {
    for (const { objects, releases } of this.deployment.steps) {
      const next = objects.filter((object) => !this.brought.has(object.urn) && chosen(object));
      const released = releases.filter(
        (release) => !this.brought.has(release.urn) && chosen({ kind: "Release", ...release }),
      );
      for (const { urn } of [...next, ...released]) this.brought.add(urn);
      this.deployment.send(next);
      for (const release of released)
        this.watched(release.namespace, () => this.deployment.install(release, ["10m", "1m"]));
      for (const { kind, name, namespace = "" } of next)
        if (kind === "Job")
          this.watched(namespace, () => {
            const wait = ["wait", "--for=condition=complete", `job/${name}`, "-n", namespace, "--timeout=580s"];
            this.node.kubectl(wait, "", 600);
          });
    }
  }

  /** Runs what waits for pods, and says what they are about where it fails. */
  private watched(namespace: string, wait: () => unknown): void {
    try {
      wait();
    } catch (error) {
      const look = (...args: string[]) => this.node.kubectl(["-n", namespace, ...args]).out;
      const events = look("get", "events", "--sort-by=.lastTimestamp").split("\n").slice(-15).join("\n");
      throw new Error(`${String(error)}\n${look("get", "pods", "-o", "wide")}\n${events}`, { cause: error });
    }
  }
}

/** A stack of the project as it is planned for a node. */
export function onNode(name: string): TestStack {
  const stack = stackNamed(name);
  return { ...stack, set: [...(stack.set ?? []), 'cluster.apiServerCidrs=["10.97.0.2/32"]'] };
}

/**
 * The images that pods of a stack use, and how each is made.
 * @param chosen the pods' owners
 * @throws Error where a chart is not at hand, or an image has no recipe
 */
export async function imagesOf(
  stack: TestStack,
  chosen: (owner: PlannedObject) => boolean,
): Promise<Map<string, Recipe>> {
  const { objects, rendered, notRendered } = await planStack(stack);
  for (const { release, reason } of notRendered) throw new Error(`${release}: ${reason}`);
  const images = [...objects, ...rendered].filter(chosen).flatMap(({ manifest }) => {
    const template = podTemplate(manifest);
    return template === undefined ? [] : allContainers(template).flatMap(({ image }) => image ?? []);
  });
  const unknown = images.filter((image) => !isKnown(image));
  if (unknown.length > 0) throw new Error(`no recipe for ${[...new Set(unknown)].join(", ")}`);
  return new Map(images.map((image) => [image, recipeOf(image)]));
}
