import type { Peer } from "./ledger.ts";

/** Pods as one side of an edge. */
export type PodPeer = Peer & { readonly kind: "pods" };

/** A Service in front of pods, as a route names it. */
export interface PodService {
  readonly name: string;
  readonly namespace: string;
  /** Port of the Service. */
  readonly port: number;
  /** Port of the pods, and their labels, for the network policy. */
  readonly targetPort: number;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Pods of one kind as everything that leads to them needs them: their labels for Services, policies and budgets, their ports
 * for edges and routes. A workload hands out its own; for the pods of a chart or an operator one value is made from the
 * labels that it gives them.
 */
export class Pods<Port extends string = string> {
  /** One side of an edge. */
  readonly peer: PodPeer & { readonly labels: Readonly<Record<string, string>> };
  private readonly ports: Readonly<Record<Port, number>>;

  /** @param ports port numbers of the pods by name */
  constructor(namespace: string, labels: Readonly<Record<string, string>>, ports: Readonly<Record<Port, number>>) {
    this.peer = { kind: "pods", namespace, labels };
    this.ports = ports;
  }

  get namespace(): string {
    return this.peer.namespace;
  }

  /** The labels by which a Service finds them. */
  get labels(): Readonly<Record<string, string>> {
    return this.peer.labels;
  }

  /**
   * A port's number.
   * @throws RangeError where they have no port of that name
   */
  port(name: Port): number {
    const port: number | undefined = this.ports[name];
    if (port === undefined)
      throw new RangeError(`no port "${name}" of these pods; they have ${Object.keys(this.ports).join(", ")}`);
    return port;
  }

  /**
   * A Service in front of them, as a route names it.
   * @param name the Service's name
   * @param port the port of the pods, by name
   * @param servicePort the port of the Service; default the same number
   */
  behind(name: string, port: Port, servicePort = this.port(port)): PodService {
    const { labels, namespace } = this.peer;
    return { name, namespace, port: servicePort, targetPort: this.port(port), labels };
  }
}
