import { LimitRange } from "@pulumi/kubernetes/core/v1/limitRange.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { ResourceQuota } from "@pulumi/kubernetes/core/v1/resourceQuota.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PriorityClass } from "@pulumi/kubernetes/scheduling/v1/priorityClass.js";
import * as pulumi from "@pulumi/pulumi";
import { Component, keepsData, outlives } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { priorities, priorityClass } from "../kit/priority.ts";
import type { Priority } from "../kit/priority.ts";
import type { Bytes, Cpu } from "../kit/quantities.ts";
import { sorted } from "../kit/stable.ts";
import { defaultDeny, nameResolution } from "./policies.ts";

/** A namespace of the stack. */
export interface NamespaceSpec {
  readonly name: string;
  /** The Pod Security Standard that it enforces. */
  readonly podSecurity: "restricted" | "baseline" | "privileged";
  /** Whether its claims contain data. Deleting a namespace deletes its claims, so in production it is protected. */
  readonly keepsData: boolean;
  /** Labels and annotations besides the standard ones. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly quota?: { readonly cpu?: Cpu; readonly memory?: Bytes; readonly storage?: Bytes; readonly pods?: number };
  readonly limitRange?: { readonly cpu?: Cpu; readonly memory?: Bytes; readonly memoryLimit?: Bytes };
}

/** Credentials of an image registry. */
export interface RegistryCredentials {
  readonly registry: string;
  readonly username: string;
  readonly password: pulumi.Output<string>;
}

/**
 * The classes of priority, and the namespaces, each with its Pod Security labels, policies that deny all traffic except name resolution, and the pull Secret.
 */
export class Namespaces extends Component {
  private readonly classes: readonly PriorityClass[];
  private readonly credentials: RegistryCredentials | undefined;
  private readonly made: Map<string, pulumi.Resource>;

  /** @param made receives each namespace, so that objects created in it later wait for it */
  constructor(
    environment: Environment,
    specs: readonly NamespaceSpec[],
    credentials: RegistryCredentials | undefined,
    made: Map<string, pulumi.Resource>,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("namespaces:Namespaces", "namespaces", "namespaces", environment, options);
    this.credentials = credentials;
    this.made = made;
    this.classes = (Object.keys(priorities) as Priority[]).map((priority) => this.priorityClass(priority));
    for (const spec of specs) this.add(spec);
  }

  /** Creates a namespace, before the objects in it and before the policies of the stack's edges. */
  add(spec: NamespaceSpec): void {
    const { environment } = this;
    this.made.set(spec.name, this.namespace(spec, this.classes));
    if (environment.isolation !== "reported") this.policies(spec);
    if (spec.quota !== undefined) this.quota(spec.name, spec.quota);
    if (spec.limitRange !== undefined) this.limitRange(spec.name, spec.limitRange);
    if (this.credentials !== undefined && environment.images.pullSecret !== undefined)
      this.pullSecret(spec.name, environment.images.pullSecret, this.credentials);
  }

  private policies({ name: namespace }: NamespaceSpec): void {
    this.object(NetworkPolicy, `${namespace}-default-deny`, { name: "default-deny", namespace }, { spec: defaultDeny });
    this.object(
      NetworkPolicy,
      `${namespace}-name-resolution`,
      { name: "name-resolution", namespace },
      { spec: nameResolution(this.environment.cluster) },
    );
  }

  private priorityClass(priority: Priority): PriorityClass {
    const { value, purpose } = priorities[priority];
    return this.object(
      PriorityClass,
      `priority-${priority}`,
      { name: priorityClass(this.environment, priority) },
      { value, description: `${purpose} (stack ${this.environment.stack})` },
      // A pod whose class is missing is rejected, also when a retained StatefulSet recreates it.
      outlives(this.environment),
    );
  }

  /** @param classes exist before everything in the namespace, which waits for the namespace only */
  private namespace(
    { annotations, keepsData: data, labels: own, name, podSecurity }: NamespaceSpec,
    classes: readonly PriorityClass[],
  ): Namespace {
    const modes = [...(this.environment.isolation === "reported" ? [] : ["enforce"]), "audit", "warn"];
    const levels = modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, podSecurity]);
    const labels = { ...own, ...(Object.fromEntries(levels) as Record<string, string>) };
    const kept = data ? keepsData(this.environment) : {};
    return this.object(Namespace, name, { name, labels, annotations }, {}, { ...kept, dependsOn: classes });
  }

  private quota(namespace: string, { cpu, memory, storage, pods }: NonNullable<NamespaceSpec["quota"]>): void {
    const hard = {
      ...(cpu && { "requests.cpu": cpu }),
      ...(memory && { "requests.memory": memory }),
      ...(storage && { "requests.storage": storage }),
      ...(pods && { pods: String(pods) }),
    };
    this.object(ResourceQuota, `${namespace}-quota`, { name: "quota", namespace }, { spec: { hard } });
  }

  private limitRange(namespace: string, { cpu, memory, memoryLimit }: NonNullable<NamespaceSpec["limitRange"]>): void {
    const limit = {
      type: "Container",
      defaultRequest: (cpu ?? memory) && { ...(cpu && { cpu }), ...(memory && { memory }) },
      default: memoryLimit && { memory: memoryLimit },
    };
    this.object(LimitRange, `${namespace}-limits`, { name: "limits", namespace }, { spec: { limits: [limit] } });
  }

  private pullSecret(namespace: string, name: string, { registry, username, password }: RegistryCredentials): void {
    const config = password.apply((text) =>
      JSON.stringify(
        sorted({
          auths: {
            [registry]: { username, password: text, auth: Buffer.from(`${username}:${text}`).toString("base64") },
          },
        }),
      ),
    );
    const stringData = pulumi.secret({ ".dockerconfigjson": config });
    this.object(
      Secret,
      `${namespace}-registry`,
      { name, namespace },
      { type: "kubernetes.io/dockerconfigjson", stringData },
      outlives(this.environment),
    );
  }
}
