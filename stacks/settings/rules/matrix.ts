import { homeservers, managedFields, secretFields } from "../../../components/matrix/homeservers.ts";
import type { Homeserver } from "../../../components/matrix/homeservers.ts";
import type { SiteFile } from "../../../components/matrix/static-site.ts";
import { fullHost } from "../../../components/kit/names.ts";
import { matrixServerName } from "../names.ts";
import type { Path } from "../path.ts";
import { nearest, shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { lowLimit, needsIdentityProvider, needsSwitch } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["matrix", ...rest];

/** What the homeserver needs, and what each kind can do. */
export function matrixNeeds(settings: ParsedSettings): Violation[] {
  const { domain, gateway, keycloak, matrix } = settings;
  const { homeserver, host, login, replicas, resources, site } = matrix;
  const { oidc, title }: Homeserver = homeservers[homeserver];
  const violations: Violation[] = [...lowLimit(at("resources"), resources)];
  if (!gateway.enabled)
    violations.push(
      needsSwitch(at("enabled"), "clients and other servers need a gateway, but gateway.enabled is false", [
        "gateway",
        "enabled",
      ]),
    );
  if (replicas > 1)
    violations.push({
      path: at("replicas"),
      message: `${title} has a database that one process only can open: a second pod would never start`,
      got: shown(replicas),
      accepts: "1, or 0 to stop it",
      fix: { remove: at("replicas") },
      relies: [at("homeserver")],
    });
  if (login === "platform" && !oidc)
    violations.push({
      path: at("login"),
      message: `${title} cannot use an identity provider`,
      got: shown(login),
      accepts: "password, or platform with matrix.homeserver: tuwunel",
      fix: { remove: at("login") },
      relies: [at("homeserver")],
    });
  else if (login === "platform" && !keycloak.enabled)
    violations.push(needsIdentityProvider(at("login"), login, "password, or platform with keycloak.enabled: true"));
  if (site !== undefined && matrixServerName(settings) === fullHost(host, domain))
    violations.push({
      path: at("site"),
      message: "the homeserver answers at this host: a site needs a server name that is another host",
      got: shown(site),
      accepts: "no site, or another matrix.host",
      fix: { remove: at("site") },
      relies: [at("host"), at("serverName"), ["domain"]],
    });
  return violations;
}

/** Additional fields of the homeserver's configuration: only those that it reads and that nothing else sets. */
export function matrixOptions({ matrix }: ParsedSettings): Violation[] {
  const { homeserver, options } = matrix;
  const { fields, title }: Homeserver = homeservers[homeserver];
  const managed = managedFields(homeserver);
  return Object.keys(options).flatMap((field): Violation[] => {
    const path = at("options", field);
    const found = (message: string, accepts: string, fix: Violation["fix"] = { remove: path }): Violation[] => [
      { path, message, got: shown(field), accepts, fix, relies: [at("homeserver")] },
    ];
    if (!fields.includes(field)) {
      const near = nearest(field, fields);
      return found(
        `${title} has no field of this name, and would ignore it`,
        near === undefined
          ? `a field of ${title}'s configuration`
          : `a field of ${title}'s configuration, such as ${near}`,
      );
    }
    if (secretFields.includes(field) || field.startsWith("identity_provider."))
      return found("this field holds a secret or the login, which the stack sets itself", "any other field");
    if (managed.includes(field)) return found("another setting of matrix sets this field", "any other field");
    return [];
  });
}

/** The largest content of a ConfigMap (Kubernetes, "ConfigMap"), with room for its metadata. */
const largestSite = 1_000_000;

/** The folder of the site. `files` is undefined if it cannot be read. */
export function matrixSite({ matrix }: ParsedSettings, files: readonly SiteFile[] | undefined): Violation[] {
  const { enabled, site } = matrix;
  if (!enabled || site === undefined) return [];
  const violation = (message: string, fix: string): Violation[] => [
    {
      path: at("site"),
      message,
      got: shown(site),
      accepts: "a folder of text files of 1 MB together, with index.html",
      fix,
    },
  ];
  if (files === undefined) return violation("the folder does not exist", "create the folder, or correct the path");
  if (!files.some(({ name }) => name === "index.html"))
    return violation("the folder contains no index.html", "add the file");
  const unfit = files.filter(({ name, text }) => !/^[-._a-zA-Z0-9]{1,253}$/.test(name) || text.includes("\uFFFD"));
  if (unfit.length > 0)
    return violation(
      `cannot be served: ${unfit.map(({ name }) => name).join(", ")}`,
      "use names of letters, digits, '-', '_' and '.', and files of UTF-8 text",
    );
  const size = files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return size > largestSite
    ? violation(`the files have ${size} bytes, but a ConfigMap can hold ${largestSite} at most`, "make them smaller")
    : [];
}
