import * as pulumi from "@pulumi/pulumi";
import type { Environment } from "./environment.ts";
import { labelValue } from "./names.ts";
import { Pods } from "./pods.ts";

/** Metadata whose name and namespace the caller must give, and which are known before anything runs. */
export interface Metadata {
  readonly name: pulumi.Input<string>;
  /** Undefined only for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Objects of the same namespace with which Kubernetes deletes it. Default: none. */
  readonly ownerReferences?: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: pulumi.Input<string>;
    readonly uid: pulumi.Input<string>;
  }[];
}

type ResourceClass = new (name: string, args: never, options?: pulumi.CustomResourceOptions) => pulumi.Resource;

/** The arguments that a class of resources takes. */
type ArgsOf<Class extends ResourceClass> = NonNullable<ConstructorParameters<Class>[1]>;

/** Options of a child. Its dependencies are known when it is created: never an output. */
export interface ChildOptions extends Omit<pulumi.CustomResourceOptions, "dependsOn" | "parent"> {
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** Options of a resource with data: in production it is protected, and retained when it is removed from the program. */
export function keepsData(environment: Environment): ChildOptions {
  return environment.production ? { protect: true, retainOnDelete: true } : {};
}

/**
 * Options of resources that the pods of a resource with data need to start: in production they are also retained when they are removed
 * from the program. They are not protected, so that they can be removed separately.
 */
export function outlives(environment: Environment): ChildOptions {
  return environment.production ? { retainOnDelete: true } : {};
}

/**
 * Base class of every component of the platform: a group of resources with one parent, one name prefix and the standard labels.
 *
 * It is the only caller of `super(type, name, {}, options)`: arguments never reach the state, options are never lost, and
 * every child made through it has this component as its parent and a name that starts with the component's.
 */
export abstract class Component extends pulumi.ComponentResource {
  readonly environment: Environment;
  /** The component's name: the first part of its children's logical names. */
  readonly label: string;
  /** The value of `app.kubernetes.io/name` on its objects. */
  readonly application: string;

  /**
   * @param kind the type of the component as `module:Class`, for example `postgres:Postgres`
   * @param label its name, unique in the stack among components of that type
   * @param application the software it runs, for the label `app.kubernetes.io/name`
   * @param options those that are left out are the environment's, such as the parent
   */
  protected constructor(
    kind: `${string}:${string}`,
    label: string,
    application: string,
    environment: Environment,
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super(`groundplan:${kind}`, label, {}, { ...environment.inside, ...options });
    this.label = label;
    this.application = application;
    this.environment = environment;
  }

  /** The standard labels of an object that plays a role in this component (Kubernetes, "Recommended Labels"). */
  labels(role: string): Record<string, string> {
    return {
      "app.kubernetes.io/component": labelValue(role),
      "app.kubernetes.io/managed-by": "pulumi",
      "app.kubernetes.io/name": labelValue(this.application),
      "app.kubernetes.io/part-of": "groundplan",
      "groundplan/stack": labelValue(this.environment.stack),
    };
  }

  /** The labels with which a Service, a policy or a disruption budget selects the pods of a role: those that never change. */
  selector(role: string): Record<string, string> {
    return {
      "app.kubernetes.io/component": labelValue(role),
      "app.kubernetes.io/name": labelValue(this.application),
    };
  }

  /**
   * The pods of a role before they are made: for a workload that needs its own address, or whose edges come first.
   * @param ports port numbers by name; default none, as for a Job
   */
  pods<Port extends string = never>(
    role: string,
    namespace: string,
    ports?: Readonly<Record<Port, number>>,
  ): Pods<Port> {
    return new Pods<Port>(namespace, this.selector(role), ports ?? ({} as Readonly<Record<Port, number>>));
  }

  /**
   * Creates a Kubernetes object: labelled, as a child of this component, after its namespace.
   *
   * @param Class the object's class of `@pulumi/kubernetes`
   * @param role what the object is for; the last part of its logical name and the label `app.kubernetes.io/component`
   * @param metadata its name, namespace and additional labels
   * @param body the other fields of the object (`spec`, `data`, …)
   */
  object<Class extends ResourceClass>(
    Class: Class,
    role: string,
    metadata: Metadata,
    body: Omit<ArgsOf<Class>, "metadata">,
    options: ChildOptions = {},
  ): InstanceType<Class> {
    const { annotations = {}, ...rest } = metadata;
    const args = {
      ...body,
      metadata: {
        ...rest,
        // Kubernetes drops an empty value, and a preview would show it as a change for ever.
        ...(Object.keys(annotations).length > 0 && { annotations }),
        labels: { ...metadata.labels, ...this.labels(role) },
      },
    };
    return this.child(Class, role, args as unknown as ArgsOf<Class>, options, metadata.namespace);
  }

  /**
   * Creates a resource of any provider as a child of this component, with its name as prefix.
   * @param namespace the Kubernetes namespace that must exist first, if it is in one
   */
  child<Class extends ResourceClass>(
    Class: Class,
    role: string,
    args: ArgsOf<Class>,
    options: ChildOptions = {},
    namespace?: string,
  ): InstanceType<Class> {
    const dependsOn = this.after(namespace, options.dependsOn);
    return new Class(`${this.label}-${role}`, args, {
      ...options,
      dependsOn,
      parent: this,
    }) as InstanceType<Class>;
  }

  /** Dependencies that include the namespace, if the stack creates it, and its registry login: a name in metadata is not a dependency. */
  private after(namespace: string | undefined, dependsOn: readonly pulumi.Resource[] = []): pulumi.Resource[] {
    if (namespace === undefined) return [...dependsOn];
    const { logins, namespaces } = this.environment;
    const made = [namespaces.get(namespace), logins?.get(namespace)];
    return [...made.filter((one) => one !== undefined), ...dependsOn];
  }
}
