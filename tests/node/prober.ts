// Pods that stand for those of a plan: each has the labels of one, listens at every port, and can ask any address.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { shortHash } from "../../components/kit/stable.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import type { KubernetesObject } from "../cluster/cluster.ts";
import type { Pod } from "../network/evaluator.ts";
import type { RealNode } from "./node.ts";

/** A question: whether an address answers at a port. */
export interface Question {
  readonly ip: string;
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  /** Whether an answer is expected: it is waited for longer. */
  readonly expected: boolean;
}

/** A pod as the API server shows it, as far as this needs it. */
interface Running extends KubernetesObject {
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly { readonly ready: boolean; readonly containerID?: string }[];
  };
}

/** Pods of a plan on a node, and what they reach. */
export class Prober {
  /** The pods, with their addresses once they run. */
  pods: readonly Pod[];
  private readonly node: RealNode;
  private readonly program: string;
  private readonly processes = new Map<Pod, number>();

  /** @param program the file of the probe on this machine */
  constructor(node: RealNode, program: string) {
    this.node = node;
    this.program = program;
    this.pods = [];
  }

  /** Creates namespaces, policies and pods, and waits until every pod runs. @param ports at which the pods listen */
  create(objects: readonly PlannedObject[], image: string, pods: readonly Pod[], ports: readonly number[]): void {
    const namespaces = objects.filter(({ kind }) => kind === "Namespace");
    const others = [...new Set(pods.map(({ namespace }) => namespace))]
      .filter((name) => name !== "kube-system" && !namespaces.some((namespace) => namespace.name === name))
      .map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
    const apply = (list: readonly unknown[]) => this.node.kubectl(["apply", "--server-side", "-f", "-"], list);
    apply([...namespaces.map(({ manifest }) => manifest), ...others]);
    apply(objects.filter((object) => !namespaces.includes(object)).map(({ manifest }) => manifest));
    const named = pods.map((pod) => ({ ...pod, name: `probe-${shortHash(`${pod.namespace}/${pod.name}`)}` }));
    apply(named.map((pod) => manifest(pod, image, ports)));
    const places = [...new Set(named.map(({ namespace }) => namespace))];
    for (const place of places)
      this.node.kubectl(["wait", "--for=condition=Ready", "pod", "--all", "-n", place, "--timeout=280s"]);
    const running = places.flatMap((place) => this.node.get<Running>(["pods", "-n", place]));
    const tasks = this.tasks();
    this.pods = named.map((pod, index) => {
      const found = running.find(({ metadata }) => metadata.namespace === pod.namespace && metadata.name === pod.name);
      const at = { ...pod, name: pods[index]?.name ?? "", ip: found?.status.podIP ?? "" };
      const id = found?.status.containerStatuses?.[0]?.containerID?.replace("containerd://", "") ?? "";
      this.processes.set(at, tasks.get(id) ?? assert.fail(`${pod.namespace}/${pod.name} does not run`));
      return at;
    });
  }

  /** What a pod is answered, in the order of the questions. */
  ask(from: Pod, questions: readonly Question[]): Promise<boolean[]> {
    return this.connect(this.processOf(from), questions);
  }

  /** The process of a pod on the node. */
  processOf(pod: Pod): number {
    return this.processes.get(pod) ?? assert.fail(`${pod.name} is no pod of this prober`);
  }

  /** What the network of a process of the node is answered. */
  async connect(process: number, questions: readonly Question[]): Promise<boolean[]> {
    if (questions.length === 0) return [];
    const child = spawn(...this.node.command(["nsenter", "-t", String(process), "-n", this.program, "connect"]));
    let [text, problems] = ["", ""];
    child.stdout.on("data", (part: Buffer) => (text += part.toString()));
    child.stderr.on("data", (part: Buffer) => (problems += part.toString()));
    child.stdin.end(
      questions.map(({ ip, protocol, port, expected }) => `${ip} ${protocol} ${port} ${expected ? 15 : 2}\n`).join(""),
    );
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 0, problems);
    const answers = text.trimEnd().split("\n");
    assert.equal(answers.length, questions.length);
    return answers.map((answer) => answer === "open");
  }

  /** The process of each container of the node. */
  private tasks(): Map<string, number> {
    const { out } = this.node.inside(["ctr", "-n", "k8s.io", "tasks", "ls"]);
    const lines = out.trimEnd().split("\n").slice(1);
    return new Map(lines.map((line) => line.split(/\s+/)).map(([id = "", process]) => [id, Number(process)]));
  }
}

function manifest({ namespace, name, labels }: Pod, image: string, ports: readonly number[]) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65534,
        seccompProfile: { type: "RuntimeDefault" },
        // So that it may listen at ports below 1024 without a right of its own.
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
      },
      containers: [
        {
          name: "probe",
          image,
          args: ["listen", ports.join(",")],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          resources: { requests: { cpu: "1m", memory: "8Mi" }, limits: { memory: "64Mi" } },
        },
      ],
    },
  };
}
