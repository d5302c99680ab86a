import { join } from "node:path";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import * as pulumi from "@pulumi/pulumi";
import { Component, outlives } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { Pod, Task } from "../kit/pod.ts";
import { childName, maxCronJobName, roleIn } from "../kit/names.ts";
import { accountFolder, nodeAccount, nodeImage, programFiles } from "../kit/program.ts";
import { grant } from "../kit/rights.ts";
import { configMap, secret } from "../kit/secret.ts";
import type { Keyed } from "../kit/secret.ts";
import { cronJob, job } from "../kit/workload.ts";
import { ecrAddress, ecrSecret } from "../kit/ecr.ts";
import { renewal } from "./names.ts";

/** Arguments of the component. */
export interface EcrLoginArgs {
  /** The namespace of the Jobs. */
  readonly namespace: string;
  /** The registry's address: that of a private registry of Amazon ECR. */
  readonly registry: string;
  /** The namespaces that get the login, sorted. */
  readonly namespaces: readonly string[];
  /** An access key, or a role of the service account: by its ARN (IRSA), or by an association of EKS Pod Identity. */
  readonly access:
    | { readonly accessKeyId: string; readonly secretAccessKey: pulumi.Output<string> }
    | { readonly roleArn: string }
    | "podIdentity";
  /** Address ranges of Amazon ECR, and of AWS STS. */
  readonly cidrs: readonly string[];
}

const files = ["renew.ts", "credentials.ts", "token.ts"] as const;
const sharedFiles = ["call.ts", "signature.ts"] as const;

/** The program of the Jobs, and the Secret with an access key. */
interface Program {
  readonly program: Keyed;
  readonly key?: Keyed;
  readonly texts: Readonly<Record<string, string>>;
  readonly sources: readonly pulumi.Resource[];
}

/** The label of all pods that renew a login, by which network policies select them. */
const labels = { "groundplan/registry": "renewal" } as const;

/** Every four hours: of the three runs in the 12 hours of a password, two may fail. */
const schedule = "17 */4 * * *";

/** The agent of EKS Pod Identity, on every node (Amazon EKS User Guide, "Considerations for EKS Pod Identity"). */
const agent = { cidrs: ["169.254.170.23/32", "fd00:ec2::23/128"], port: 80 } as const;

/**
 * The login at a registry of Amazon ECR: a Secret in every namespace, the Job that writes the first password before other pods start,
 * and the CronJob that renews it.
 */
export class EcrLogin extends Component {
  private readonly args: EcrLoginArgs;
  private readonly logins: Map<string, pulumi.Resource>;
  /** What every Job needs. */
  private readonly ready: readonly pulumi.Resource[];
  private readonly program: Program;

  /** @param logins receives the Job by namespace, so that objects with pods wait for the first password */
  constructor(
    environment: Environment,
    args: EcrLoginArgs,
    logins: Map<string, pulumi.Resource>,
    options: pulumi.ComponentResourceOptions,
  ) {
    super("registry:EcrLogin", "ecr-login", "ecr-login", environment, options);
    this.args = args;
    this.logins = logins;
    const account = this.account();
    this.program = this.source();
    this.ready = [account, ...this.program.sources];
    this.edges();
    this.renewal(args.namespaces);
  }

  /** The login of a namespace that is created later, with a Job and a CronJob of its own. */
  add(namespace: string): void {
    this.renewal([namespace], namespace);
  }

  /** @param of the namespace, if it is for one that is created later */
  private renewal(namespaces: readonly string[], of?: string): void {
    const { namespace } = this.args;
    const role = roleIn(of);
    const name = of === undefined ? renewal : childName(renewal, of, maxCronJobName);
    const rights = namespaces.flatMap((one) => this.login(one));
    const { content, pod } = this.pod(namespaces);
    const dependsOn = [...this.ready, ...rights];
    const first = job(this, "renewal", { name, namespace, labels, pod, backoffLimit: 6 }, role("first"), content, {
      dependsOn,
    });
    cronJob(
      this,
      role("renewal"),
      { name, namespace, pod, schedule, labels, backoffLimit: 3, activeDeadlineSeconds: 900 },
      { dependsOn },
    );
    // Not its own namespace: the policies that let the Job out must not wait for the Job.
    for (const one of namespaces) if (one !== namespace) this.logins.set(one, first.resource);
  }

  private account(): pulumi.Resource {
    const { access, namespace } = this.args;
    const annotations =
      typeof access === "object" && "roleArn" in access ? { "eks.amazonaws.com/role-arn": access.roleArn } : undefined;
    const metadata = { name: renewal, namespace, annotations };
    return this.object(ServiceAccount, "account", metadata, { automountServiceAccountToken: false });
  }

  /** The Secret of a namespace, and the right to replace its content and nothing else. */
  private login(namespace: string): pulumi.Resource[] {
    const empty = Buffer.from('{"auths":{}}').toString("base64");
    const kept = this.object(
      Secret,
      `${namespace}-registry`,
      { name: ecrSecret, namespace },
      { type: "kubernetes.io/dockerconfigjson", data: pulumi.secret({ ".dockerconfigjson": empty }) },
      // The Jobs write the content. Without this, `up` would replace it.
      { ...outlives(this.environment), ignoreChanges: ["data"] },
    );
    const place = { name: renewal, namespace };
    const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames: [ecrSecret], verbs: ["patch"] }];
    const binding = grant(this, namespace, place, { name: renewal, namespace: this.args.namespace }, rules);
    return [kept, binding];
  }

  private source(): Program {
    const { access, namespace } = this.args;
    const texts = programFiles(join(import.meta.dirname, "programs"), files, sharedFiles);
    const program = configMap(this, "program", { name: "ecr-login-program", namespace }, texts);
    const key =
      typeof access === "object" && "accessKeyId" in access
        ? secret(this, "key", { name: "ecr-login-key", namespace }, { "secret-access-key": access.secretAccessKey })
        : undefined;
    return { program, key, texts, sources: [program.resource, ...(key === undefined ? [] : [key.resource])] };
  }

  private pod(namespaces: readonly string[]): { pod: Pod<Task>; content: unknown } {
    const { access, registry } = this.args;
    const { key, program, texts } = this.program;
    const address = ecrAddress(registry);
    if (address === undefined) throw new RangeError(`"${registry}" is not an address of Amazon ECR`);
    const settings = {
      ACCOUNT: accountFolder,
      AWS_ENDPOINT_URL_ECR: address.endpoints.ecr,
      AWS_ENDPOINT_URL_STS: address.endpoints.sts,
      AWS_REGION: address.region,
      NAMESPACES: namespaces.join(" "),
      REGISTRY: registry,
      SECRET: ecrSecret,
      ...(typeof access === "object" && "accessKeyId" in access ? { AWS_ACCESS_KEY_ID: access.accessKeyId } : {}),
    };
    const pod: Pod<Task> = {
      runAs: nodeAccount,
      serviceAccount: renewal,
      volumes: { program: { from: program } },
      containers: [
        {
          name: "renewal",
          image: nodeImage,
          command: ["node", `/program/${files[0]}`],
          env: {
            ...settings,
            ...(key === undefined ? {} : { AWS_SECRET_ACCESS_KEY: { secret: key, key: "secret-access-key" } }),
          },
          mounts: { "/program": { volume: "program", readOnly: true } },
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "128Mi" } },
        },
      ],
    };
    // A new namespace needs a password at once: the Job's name contains the list.
    return { pod, content: [texts, settings] };
  }

  private edges(): void {
    const { access, cidrs, namespace } = this.args;
    const { cluster, ledger } = this.environment;
    const from = { kind: "pods", namespace, labels } as const;
    ledger.edges.push(
      { from, to: { kind: "apiServer" }, ports: cluster.apiServerPorts, purpose: "Secrets with the registry's login" },
      { from, to: { kind: "outside", cidrs }, ports: [443], purpose: "passwords of Amazon ECR" },
    );
    if (access === "podIdentity")
      ledger.edges.push({
        from,
        to: { kind: "outside", cidrs: agent.cidrs, nodes: true },
        ports: [agent.port],
        purpose: "credentials of EKS Pod Identity",
      });
  }
}
