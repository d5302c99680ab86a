// The program that configures Graylog, run against a server that behaves as Graylog.
import { graylogConfiguration } from "../../components/logging/graylog/configuration.ts";
import type { ContentChoices } from "../../components/logging/graylog/configuration.ts";
import type { Desired } from "../../components/logging/graylog/desired.ts";
import { run } from "../../components/logging/graylog/programs/main.ts";
import type { GraylogServer } from "./graylog-server.ts";

const seen = { removeFromDefault: true, readers: "everyone" } as const;

const choices: ContentChoices = {
  inputs: [
    { title: "System Logs (Nodes)", kind: "syslog-udp", port: 30514, threads: 4, source: "system-hosts" },
    { title: "System Logs (Pods)", kind: "syslog-udp", port: 31514, threads: 4, source: "system-k8s" },
    { title: "Logs (GELF)", kind: "gelf-tcp", port: 12201, threads: 4 },
  ],
  indexSets: [
    { prefix: "system", title: "System", shards: 3, replicas: 1, maxSize: 2 ** 30, keep: 10 },
    { prefix: "ewoc", title: "Processing", shards: 3, replicas: 1, maxSize: 10 * 2 ** 30, keep: 10 },
  ],
  defaultIndexSet: "system",
  streams: [
    { title: "System Logs", indexSet: "system", sources: ["system-hosts", "system-k8s"], ...seen },
    { title: "Processing Logs", indexSet: "ewoc", sources: ["ewoc"], ...seen },
  ],
  rules: [
    {
      title: "drop debug",
      source: 'rule "drop debug"\nwhen to_string($message.level) == "7"\nthen drop_message();\nend',
    },
  ],
  pipelines: [
    {
      title: "tidy",
      source: 'pipeline "tidy"\nstage 0 match either\nrule "drop debug";\nend',
      streams: ["System Logs"],
    },
  ],
  alerts: [
    { title: "many errors", stream: "System Logs", query: "level:<=3", above: 100, withinMs: 300_000, priority: 3 },
  ],
  users: [{ username: "jane", email: "jane@example.org", firstName: "Jane", lastName: "Doe", roles: ["Reader"] }],
  userHeader: "Remote-User",
};

/** Content of every kind. */
export const wanted = graylogConfiguration(choices);

/**
 * Runs the program once.
 * @returns its exit code, its lines and the last of them; `server.writes` then holds the requests of this run alone
 */
export async function configure(
  server: GraylogServer,
  desired: Desired,
  { root = "root-password", own = "own-password", forMs = 2000 } = {},
) {
  const lines: string[] = [];
  server.writes.length = 0;
  const code = await run(
    {
      address: server.address,
      root: { username: "admin", password: root },
      own: { username: "groundplan", password: own },
      desired,
      times: { forMs, everyMs: 10 },
    },
    (line) => lines.push(line),
  );
  return { code, lines, sum: lines.at(-1) };
}
