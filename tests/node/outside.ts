// PostgreSQL outside of the stack, as a service of its own has it.
import type { Recipe } from "./images.ts";
import type { RealNode } from "./node.ts";
import { recipeOf } from "./recipes.ts";

/** The password of `secrets:postgres` in the stacks of these tests. */
export const administrator = "postgres-of-this-test";

/** Where the server is: `external.host` of the stacks names it. */
export const server = { image: "groundplan.test/other-server:1", name: "postgres", namespace: "server" };

/** The server's image and its recipe. */
export function serverImage(): readonly [string, Recipe] {
  return [server.image, recipeOf(server.image)];
}

/** Starts the server, and waits until its pod runs. */
export function startServer(node: RealNode): void {
  const { image, name, namespace } = server;
  const labels = { app: name };
  const env = [
    { name: "PGDATA", value: "/data/pg" },
    { name: "POSTGRES_PASSWORD", value: administrator },
  ];
  const container = { name, image, env, volumeMounts: [{ name: "data", mountPath: "/data" }] };
  const pod = {
    containers: [container],
    securityContext: { runAsUser: 1001, fsGroup: 1001 },
    volumes: [{ name: "data", emptyDir: {} }],
  };
  const service = { selector: labels, ports: [{ port: 5432 }] };
  const deployment = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  const metadata = { name, namespace };
  node.kubectl(
    ["apply", "-f", "-"],
    [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      { apiVersion: "v1", kind: "Service", metadata, spec: service },
      { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: deployment },
    ],
  );
  node.kubectl(["rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=120s"]);
}
