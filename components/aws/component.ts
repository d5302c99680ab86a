import * as pulumi from "@pulumi/pulumi";

type ResourceClass = new (name: string, args: never, options?: pulumi.CustomResourceOptions) => pulumi.Resource;

type ArgsOf<Class extends ResourceClass> = NonNullable<ConstructorParameters<Class>[1]>;

/** Options of a child. Its dependencies are known when it is created: never an output. */
export interface AwsOptions extends Omit<pulumi.CustomResourceOptions, "dependsOn" | "parent"> {
  readonly dependsOn?: readonly pulumi.Resource[];
}

/**
 * Base class of a group of AWS resources. They exist before the cluster, so before everything that the components of the platform
 * share: it is to AWS what {@link ../kit/component.ts} is to Kubernetes.
 */
export abstract class AwsComponent extends pulumi.ComponentResource {
  readonly label: string;
  private readonly production: boolean;

  /**
   * @param kind the class's name
   * @param label its name, with which its children's names begin
   * @param production whether what holds data is protected
   */
  protected constructor(kind: string, label: string, production: boolean, options: pulumi.ComponentResourceOptions) {
    super(`groundplan:aws:${kind}`, label, {}, options);
    this.label = label;
    this.production = production;
  }

  /** Creates a resource as a child, with the component's name as prefix. */
  child<Class extends ResourceClass>(
    Class: Class,
    role: string,
    args: ArgsOf<Class>,
    options: AwsOptions = {},
  ): InstanceType<Class> {
    const { dependsOn = [], ...others } = options;
    return new Class(`${this.label}-${role}`, args, {
      ...others,
      dependsOn: [...dependsOn],
      parent: this,
    }) as InstanceType<Class>;
  }

  /** Options of what holds data: in production protected, and kept when it is removed from the program. */
  keepsData(): AwsOptions {
    return this.production ? { protect: true, retainOnDelete: true } : {};
  }

  /** Options of what everything else stands on: in production protected. */
  holdsOthers(): AwsOptions {
    return this.production ? { protect: true } : {};
  }
}
