import { at, list, text } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../../plan/objects.ts";

/** A command of barman-cloud without what it is asked to do: the variables, and the options. */
export interface Barman {
  readonly env: Readonly<Record<string, string>>;
  /** The options that all commands have. */
  readonly store: readonly string[];
  /** The folder in the bucket, and the archive in it. */
  readonly place: readonly [destination: string, server: string];
  readonly compression: { readonly wal: readonly string[]; readonly data: readonly string[] };
  readonly policy: string;
}

/**
 * What the plugin makes of a stack's ObjectStore and Cluster (cloudnative-pg/barman-cloud, pkg/archiver/command.go,
 * pkg/backup/backup.go, pkg/command, pkg/credentials/env.go and pkg/utils; plugin-barman-cloud, internal/cnpgi/operator).
 * @param endpoint the address of the store on this machine
 * @throws Error where the objects say something that is not written down here: the test would run with other options
 */
export function barmanOf(objects: readonly PlannedObject[], endpoint: string): Barman {
  const find = (kind: string, name: string) => {
    const found = objects.find((one) => one.kind === kind && one.namespace === "sysdb" && one.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return found.manifest;
  };
  const [plugin] = list(at(find("Cluster", "pgsqlha"), "spec", "plugins"));
  const parameters = at(plugin, "parameters");
  const spec = at(find("ObjectStore", text(at(parameters, "barmanObjectName")) ?? ""), "spec");
  const configuration = at(spec, "configuration");
  const known = ["data", "destinationPath", "endpointCA", "endpointURL", "s3Credentials", "wal"];
  const other = Object.keys(configuration as object).filter((key) => !known.includes(key));
  if (other.length > 0) throw new Error(`no options known of ${other.join(", ")}`);
  const credential = (which: string) => {
    const reference = at(configuration, "s3Credentials", which);
    const secret = find("Secret", text(at(reference, "name")) ?? "");
    return text(at(secret, "stringData", text(at(reference, "key")) ?? "")) ?? "";
  };
  const variables = at(spec, "instanceSidecarConfiguration", "env") as { name: string; value: string }[];
  const [, number, unit] = /^(\d+)([dwm])$/.exec(text(at(spec, "retentionPolicy")) ?? "") ?? [];
  const compressed = (what: string) => [`--${text(at(configuration, what, "compression"))}`];
  return {
    env: {
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      AWS_ACCESS_KEY_ID: credential("accessKeyId"),
      AWS_SECRET_ACCESS_KEY: credential("secretAccessKey"),
    },
    store: [
      ...(at(configuration, "endpointURL") === undefined ? [] : ["--endpoint-url", endpoint]),
      ...["--cloud-provider", "aws-s3"],
    ],
    place: [text(at(configuration, "destinationPath")) ?? "", text(at(parameters, "serverName")) ?? ""],
    compression: { wal: compressed("wal"), data: compressed("data") },
    policy: `RECOVERY WINDOW OF ${number} ${{ d: "DAYS", w: "WEEKS", m: "MONTHS" }[unit ?? ""]}`,
  };
}
