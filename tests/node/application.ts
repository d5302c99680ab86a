// An application as a user writes it: a Deployment in its own namespace, which knows its database from the Secret alone.
import type { RealNode } from "./node.ts";
import type { Printed } from "../cluster/cluster.ts";

const image = "docker.io/library/postgres:17.6-alpine";

/** The variables of libpq, by the key of a database's Secret. */
const variables = {
  PGHOST: "host",
  PGPORT: "port",
  PGDATABASE: "database",
  PGUSER: "username",
  PGPASSWORD: "password",
};

/** The namespace, the Deployment and the database of the application. */
const name = "hello";

/** The first line of its page; the headers of the request follow. */
export const pageText = "the application";

/**
 * A script for bash that answers every request with its headers, but for the cookies, which are secret. Below `/database` and `/bucket` it first asks these, and answers 503
 * where they refuse.
 */
export const echoScript = (port: number): string => String.raw`answer() {
  read -r method path version
  request="$method $path\n" status='200 OK'
  while read -r line && [ "$line" != "$(printf '\r')" ]; do
    case $line in [Cc]ookie:*) line="Cookie: $(printf %s "$line" | wc -c) bytes" ;; esac
    request="$request$line\n"
  done
  case $path in
    /database*) said=$(psql -qtAc 'SELECT 1' 2>&1) || status='503 Service Unavailable' ;;
    /bucket*)
      said=$(rclone --config /dev/null --retries 1 --low-level-retries 1 lsf --s3-provider Other --s3-env-auth \
        --s3-endpoint "$AWS_ENDPOINT_URL_S3" ":s3:$S3_BUCKET" 2>&1) || status='503 Service Unavailable' ;;
  esac
  printf 'HTTP/1.1 %s\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${pageText}\n%b%s\n' "$status" "$request" "$said"
}
export -f answer
exec socat TCP-LISTEN:${port},fork,reuseaddr EXEC:'bash -c answer'`;

/** Starts the application with its Service, and waits until its pod runs. */
export function startApplication(node: RealNode): void {
  const labels = { app: name };
  const env = Object.entries(variables).map(([variable, key]) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: `${name}-database`, key } },
  }));
  const container = {
    name,
    image,
    command: ["bash", "-c", echoScript(80)],
    env: [...env, { name: "PGCONNECT_TIMEOUT", value: "5" }],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
  };
  const pod = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: "RuntimeDefault" },
      // So that it may listen at port 80.
      sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
    },
    containers: [container],
  };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
  const metadata = { name, namespace: name };
  const service = { selector: labels, ports: [{ port: 80 }] };
  node.kubectl(
    ["apply", "-f", "-"],
    [
      { apiVersion: "apps/v1", kind: "Deployment", metadata, spec },
      { apiVersion: "v1", kind: "Service", metadata, spec: service },
    ],
  );
  node.kubectl(["rollout", "status", `deployment/${name}`, "-n", name, "--timeout=120s"]);
}

/** Runs SQL in the application's pod. @param env variables in place of those of the Secret */
export function asApplication(node: RealNode, sql: string, env: Readonly<Record<string, string>> = {}): Printed {
  const given = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const psql = ["psql", "--no-password", "--quiet", "--tuples-only", "--no-align", "--command", sql];
  return node.kubectl(["exec", `deployment/${name}`, "-n", name, "--", "env", ...given, ...psql]);
}
