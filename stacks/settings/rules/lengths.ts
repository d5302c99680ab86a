import { fullHost } from "../../../components/kit/names.ts";
import { largestConfigMap } from "../../../components/midpoint/objects.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { componentHosts } from "./owners.ts";
import type { Violation } from "./violation.ts";

/** The maximum length of a host name, without the dot at its end (RFC 1035, section 2.3.4; Kubernetes, `IsDNS1123Subdomain`). */
const longestHost = 253;

/** Hosts: with the domain, they are as long as a host name may be. */
export function hostLengths(settings: ParsedSettings): Violation[] {
  const { certificates, domain, gateway } = settings;
  const listed = (path: Path, hosts: readonly { readonly host: string }[]) =>
    hosts.map(({ host }, index) => [[...path, index, "host"], host] as const);
  return [
    ...componentHosts(settings),
    ...(gateway.enabled ? listed(["gateway", "hosts"], gateway.hosts) : []),
    ...(certificates.enabled ? listed(["certificates", "hosts"], certificates.hosts) : []),
  ].flatMap(([path, host]): Violation[] => {
    const { length } = fullHost(host, domain);
    if (length <= longestHost) return [];
    return [
      {
        path,
        message: `with the domain, the host name has ${length} characters, but at most ${longestHost} are possible`,
        got: shown(host),
        accepts: `a host name of at most ${longestHost} characters, the domain included`,
        fix: "use a shorter host or a shorter domain",
        relies: [["domain"]],
      },
    ];
  });
}

/** Sections whose content becomes one ConfigMap or Secret. */
const documents: readonly Path[] = [["keycloak"], ["logging", "graylog"], ["monitoring", "alertmanager"]];

/** Sections that are larger than the ConfigMap or Secret that holds their content may be. */
export function documentSizes(settings: ParsedSettings): Violation[] {
  return documents.flatMap((path): Violation[] => {
    const member = (value: unknown, key: PropertyKey) => (value as Record<PropertyKey, unknown>)[key];
    const [section = ""] = path;
    if (member(member(settings, section), "enabled") !== true) return [];
    const size = Buffer.byteLength(JSON.stringify(path.reduce<unknown>(member, settings)));
    if (size <= largestConfigMap) return [];
    return [
      {
        path,
        message: "the content becomes one object in the cluster, which would be too large for the API server",
        got: `${size} bytes`,
        accepts: `at most ${largestConfigMap} bytes`,
        fix: "shorten or remove entries",
      },
    ];
  });
}
