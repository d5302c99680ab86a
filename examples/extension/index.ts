import { groundplan } from "../../index.ts";
import { Wiki } from "./wiki.ts";

/** The platform, and a wiki with a database, a bucket and a host behind a login. */
export default groundplan((platform) => {
  const namespace = platform.namespace({ name: "team-wiki" });
  const consumer = { namespace, labels: Wiki.labels };
  const replicas = platform.settings.profile === "prod" ? 2 : 1;

  const login = platform.client({ name: "team-wiki", consumer, loginAt: ["wiki"], realmRoles: ["user"] });
  const host = platform.host({
    host: "wiki",
    purpose: "the team's wiki",
    service: Wiki.service(namespace),
    sticky: true,
    maxBodySize: "100Mi",
    login: { client: login },
  });

  new Wiki(platform.environment, {
    namespace,
    replicas,
    database: platform.database({
      name: "team-wiki",
      consumer,
      backup: { tables: ["pages", "users"] },
      pool: { connections: 10, replicas },
    }),
    bucket: platform.bucket({ name: "team-wiki", consumer: { namespace, pods: [Wiki.labels] } }),
    host,
  });

  platform.watch({
    component: "team-wiki",
    title: "Wiki",
    namespace,
    alerts: [
      {
        alert: "WikiRestarts",
        expr: `increase(kube_pod_container_status_restarts_total{namespace="${namespace}", container="wiki"}[1h]) > 3`,
        severity: "warning",
        summary: "The wiki's pod {{ $labels.pod }} has restarted {{ $value }} times within an hour.",
        runbookUrl: "https://handbook.example.org/wiki",
      },
    ],
  });

  return { wikiUrl: host.url };
});
