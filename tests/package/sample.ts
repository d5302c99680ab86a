/** The program of a project with a component of its own, as a user writes it. */
export const program = `import { groundplan } from "groundplan";
import { Wiki } from "./wiki.ts";

export default groundplan((platform) => {
  const namespace = platform.namespace({ name: "wiki" });
  const consumer = { namespace, labels: Wiki.labels };
  const database = platform.database({ name: "wiki", consumer });
  new Wiki(platform.environment, { namespace, database });
  const login = platform.client({ name: "wiki", consumer, loginAt: ["wiki"], realmRoles: ["user"] });
  const host = platform.host({ host: "wiki", purpose: "the wiki", service: Wiki.service(namespace), login: { client: login } });
  return { wiki: host.url };
});
`;

/** The component. */
export const component = `import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Component, deployment, Pods } from "groundplan";
import type { DatabaseBinding, Environment } from "groundplan";

interface WikiArgs {
  readonly namespace: string;
  readonly database: DatabaseBinding;
}

export class Wiki extends Component {
  static readonly labels = { "app.kubernetes.io/component": "server", "app.kubernetes.io/name": "wiki" };

  static service(namespace: string) {
    return new Pods(namespace, Wiki.labels, { http: 3000 }).behind("wiki", "http");
  }

  constructor(environment: Environment, { namespace, database }: WikiArgs) {
    super("wiki:Wiki", "wiki", "wiki", environment);
    const pods = deployment(this, "server", {
      name: "wiki",
      namespace,
      replicas: 1,
      pod: {
        runAs: { user: 1000, group: 1000 },
        containers: [
          {
            name: "wiki",
            image: "docker.io/docmost/docmost:0.23.2",
            ports: { http: 3000 },
            env: { DATABASE_HOST: database.host, DATABASE_PASSWORD: database.password },
            probes: { readiness: { check: { tcp: "http" } }, liveness: { check: { tcp: "http" } } },
            resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
          },
        ],
      },
    }, { dependsOn: [database.ready] });
    const spec = { selector: pods.labels, ports: [{ name: "http", port: 3000, targetPort: "http" }] };
    this.object(Service, "service", { name: "wiki", namespace }, { spec });
  }
}
`;
