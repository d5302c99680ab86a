import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { bucketSecrets } from "../../components/kit/bindings.ts";
import type { Bucket, DatabaseBinding, Exposure } from "../../components/kit/bindings.ts";
import { Component } from "../../components/kit/component.ts";
import { Credential } from "../../components/kit/credential.ts";
import type { CredentialSpec } from "../../components/kit/credential.ts";
import { serviceHost } from "../../components/kit/environment.ts";
import type { Environment } from "../../components/kit/environment.ts";
import type { Server } from "../../components/kit/pod.ts";
import { Pods } from "../../components/kit/pods.ts";
import { secret } from "../../components/kit/secret.ts";
import { deployment } from "../../components/kit/workload.ts";

/** Arguments of the component. */
export interface WikiArgs {
  readonly namespace: string;
  readonly replicas: number;
  readonly database: DatabaseBinding;
  readonly bucket: Bucket;
  readonly host: Exposure;
}

/** https://docmost.com/docs/self-hosting/environment-variables has the variables below. */
const image = "docker.io/docmost/docmost:0.23.2";
/** It holds sessions and queues, which are made again: no volume. */
const cacheImage = "docker.io/library/redis:8.2.1-alpine";

const name = "wiki";
const cacheName = "wiki-cache";
const ports = { http: 3000 } as const;
const cachePorts = { redis: 6379 } as const;

/** The key that signs sessions. */
const appSecret: CredentialSpec = {
  name: "wiki-app-secret",
  recipe: { rotate: "restarts the wiki; all users log in again" },
};

/** A wiki: Docmost with its database and bucket, and a Redis of its own. */
export class Wiki extends Component {
  /** The labels of its pods, for what it asks the platform for. */
  static readonly labels = { "app.kubernetes.io/component": "server", "app.kubernetes.io/name": name };

  /** The Service that the gateway leads to. */
  static service(namespace: string) {
    return new Pods(namespace, Wiki.labels, ports).behind(name, "http");
  }

  constructor(environment: Environment, args: WikiArgs) {
    super("wiki:Wiki", name, name, environment);
    const { namespace } = args;
    const cache = this.cache(namespace);
    const server = this.server(args);
    this.environment.ledger.edges.push({
      from: server.peer,
      to: cache.peer,
      ports: [cache.port("redis")],
      purpose: "sessions and queues of the wiki",
    });
  }

  private cache(namespace: string) {
    const pods = deployment(this, "cache", {
      name: cacheName,
      namespace,
      replicas: 1,
      recreate: true,
      pod: {
        runAs: { user: 999, group: 1000 },
        containers: [
          {
            name: "redis",
            image: cacheImage,
            args: ["--save", "", "--appendonly", "no"],
            ports: cachePorts,
            writable: ["/data"],
            probes: {
              readiness: { check: { exec: ["redis-cli", "ping"] } },
              liveness: { check: { tcp: "redis" }, failureThreshold: 6 },
            },
            resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          },
        ],
      },
    });
    this.environment.ledger.accepted.push({
      check: "GP050",
      object: `Deployment ${namespace}/${cacheName}`,
      reason: "sessions and queues are made again, and a second Redis would hold others",
    });
    const spec = { selector: pods.labels, ports: [{ name: "redis", port: cachePorts.redis, targetPort: "redis" }] };
    this.object(Service, "cache-service", { name: cacheName, namespace }, { spec });
    return pods;
  }

  private server({ bucket, database, host, namespace, replicas }: WikiArgs) {
    const credential = new Credential(this, "app-secret", appSecret);
    const own = secret(this, "secret", { name, namespace }, { "app-secret": credential.value });
    credential.storedIn(own, "app-secret", name);
    const { access } = bucket;
    const env: Server["env"] = {
      APP_SECRET: { secret: own, key: "app-secret" },
      APP_URL: host.url,
      AWS_S3_BUCKET: bucket.bucket,
      AWS_S3_ENDPOINT: bucket.endpoint,
      AWS_S3_FORCE_PATH_STYLE: String(bucket.pathStyle),
      AWS_S3_REGION: bucket.region,
      ...(access.kind === "keys" && {
        AWS_S3_ACCESS_KEY_ID: access.accessKey,
        AWS_S3_SECRET_ACCESS_KEY: access.secretKey,
      }),
      DATABASE_HOST: database.host,
      DATABASE_PASSWORD: database.password,
      // Generated passwords are letters and digits: a URL takes them as they are.
      DATABASE_URL: `postgresql://${database.username}:$(DATABASE_PASSWORD)@$(DATABASE_HOST):${database.port}/${database.database}`,
      REDIS_URL: `redis://${serviceHost(this.environment, cacheName, namespace)}:${cachePorts.redis}`,
      STORAGE_DRIVER: "s3",
    };
    const check = { http: "/api/health", port: "http" };
    const pods = deployment(
      this,
      "server",
      {
        name,
        namespace,
        replicas,
        pod: {
          runAs: { user: 1000, group: 1000 },
          containers: [
            {
              name,
              image,
              env,
              ports,
              writable: ["/app/data", "/tmp"],
              probes: {
                readiness: { check },
                liveness: { check: { tcp: "http" }, failureThreshold: 6 },
                startup: { check, failureThreshold: 30 },
              },
              resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
            },
          ],
        },
      },
      { dependsOn: [database.ready, bucket.ready, ...bucketSecrets(access).map(({ resource }) => resource)] },
    );
    const spec = { selector: pods.labels, ports: [{ name: "http", port: ports.http, targetPort: "http" }] };
    this.object(Service, "service", { name, namespace }, { spec }, { dependsOn: [pods.resource] });
    return pods;
  }
}
