import type { ComponentResourceOptions, Input, Resource } from "@pulumi/pulumi";
import { Component } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { cronJob, job } from "../kit/workload.ts";
import { configCliEnvironment, configCliImage, documentFile, documentFolder } from "./config-cli.ts";
import type { ApplyOptions } from "./config-cli.ts";

/** The content of the realm, when every client is known. */
export interface RealmContent {
  /** The document's text. */
  readonly document: string;
  /** Values of the document's placeholders, by environment variable. */
  readonly secrets: Readonly<Record<string, Input<string>>>;
  /** Other inputs that make the Job run again: the rotation numbers of generated secrets. */
  readonly rotations: Readonly<Record<string, number>>;
}

/** Parameters of the Job. */
export interface RealmArgs extends Omit<ApplyOptions, "repair"> {
  readonly namespace: string;
  readonly clientSecret: SecretKey;
  /** Schedule for the repair of drift (cron, UTC). Default: never. */
  readonly repairSchedule?: string;
}

/** The component label of the Job's pods and of the repair's pods. */
export const realmRole = "realm";
export const repairRole = "realm-repair";

/**
 * The realm in Keycloak: a document in a ConfigMap, its secrets in a Secret, and a Job that applies them. It is created
 * before its content, so that consumers can wait for it: a dependency on a component waits for all of its children.
 */
export class Realm extends Component {
  private readonly args: RealmArgs;

  constructor(environment: Environment, args: RealmArgs, options: ComponentResourceOptions) {
    super("keycloak:Realm", "realm", "keycloak-config-cli", environment, options);
    this.args = args;
  }

  /**
   * Applies the realm.
   * @param after resources that must be ready first
   * @returns the Secret with the values of the document's placeholders
   */
  apply({ document, secrets, rotations }: RealmContent, after: readonly Resource[]): Keyed {
    const { namespace, repairSchedule: schedule } = this.args;
    const place = { name: "keycloak-realm", namespace };
    const documents = configMap(this, "document", place, { [documentFile]: document });
    const values = secret(this, "secrets", place, secrets);
    const environment = (repair: boolean) => ({
      ...configCliEnvironment({ ...this.args, repair }),
      KEYCLOAK_CLIENTSECRET: this.args.clientSecret,
      ...Object.fromEntries(Object.keys(secrets).map((key) => [key, { secret: values, key }])),
    });
    const pod = (repair: boolean) => ({
      runAs: { user: 65534, group: 65534 },
      volumes: { document: { from: documents } },
      containers: [
        {
          name: "keycloak-config-cli",
          image: configCliImage,
          env: environment(repair),
          mounts: { [documentFolder]: { volume: "document", readOnly: true } },
          writable: ["/tmp"],
          resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
        } as const,
      ],
    });
    const dependsOn = [...after, documents.resource, values.resource];
    const plain = configCliEnvironment(this.args);
    job(
      this,
      realmRole,
      { name: "keycloak-realm", namespace, pod: pod(false), backoffLimit: 4, activeDeadlineSeconds: 1200 },
      "job",
      [document, plain, rotations],
      { dependsOn },
    );
    if (schedule !== undefined)
      cronJob(
        this,
        repairRole,
        { name: "keycloak-realm-repair", namespace, pod: pod(true), schedule, backoffLimit: 1 },
        { dependsOn },
      );
    return values;
  }
}
