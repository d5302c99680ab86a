import { answered, counted, listed } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { Needs } from "../needs.ts";
import type { Reach } from "../probes/reach.ts";

const area = "in reach";

/** Where Pulumi's programs come from. */
export const pulumiDownloads = "https://get.pulumi.com/";
/** Let's Encrypt's directory (RFC 8555, section 7.1.1). */
export const acmeDirectory = "https://acme-v02.api.letsencrypt.org/directory";

/** Docker Hub's API is at another name than its images say. */
const registryHosts: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

/** The address that answers for a repository of charts: its index, or its registry's version check. */
export function chartAddress(repository: string): string {
  if (repository.startsWith("oci://")) return registryAddress(repository.slice("oci://".length).split("/")[0] ?? "");
  return `${repository.replace(/\/$/, "")}/index.yaml`;
}

/** The version check of an image registry (OCI Distribution, "Determining Support"). */
export function registryAddress(registry: string): string {
  return `https://${registryHosts[registry] ?? registry}/v2/`;
}

/**
 * Whether charts and images can be had. Charts are fetched by this machine at every preview; images by the nodes, of which
 * this machine can only be a hint.
 */
export function judgeReach(
  reaches: readonly Reach[],
  needs: Pick<Needs, "charts" | "registries" | "unseen" | "acme" | "stack">,
): readonly Finding[] {
  const at = (address: string) => reaches.filter((reach) => reach.address === address);
  return [...judgeCharts(needs, at), ...judgeRegistries(needs, at), ...judgeAcme(needs, at)];
}

type At = (address: string) => readonly Reach[];

function judgeCharts({ charts }: Pick<Needs, "charts">, at: At): Finding[] {
  const check = "chart-repositories";
  if (charts.kind === "folder")
    return [{ check, area, level: "ok", found: `${counted(charts.count, "chart")} in the folder ${charts.path}` }];
  const bad = charts.addresses.flatMap((repository) =>
    at(chartAddress(repository)).flatMap((reach) => {
      const why = refusal(reach, repository.startsWith("oci://"));
      return why === undefined ? [] : [{ name: repository, why }];
    }),
  );
  if (charts.addresses.length === 0) return [];
  if (bad.length === 0) {
    const found = `charts in reach: ${listed(charts.addresses.map((address) => address.replace(/^[a-z]+:\/\//, "")))}`;
    return [{ check, area, level: "ok", found }];
  }
  return byReason(bad).map(({ names, why }) => ({
    check,
    area,
    level: "fail",
    found: `${listed(names)}: ${why}`,
    needed: "every repository, at every preview: Pulumi reads its index",
    fix: "set HTTPS_PROXY, or keep the charts in a folder or a registry of yours: groundplan:charts",
  }));
}

function judgeRegistries(
  { registries, unseen, stack }: Pick<Needs, "registries" | "unseen" | "stack">,
  at: At,
): Finding[] {
  const check = "image-registries";
  const refused = registries.flatMap((registry) =>
    at(registryAddress(registry)).flatMap((reach) => {
      const why = refusal(reach, true);
      return why === undefined ? [] : [{ name: registry, why }];
    }),
  );
  const bad = byReason(refused).map(({ names, why }): Finding => ({
    check,
    area,
    level: "warn",
    found: `${listed(names)}: ${why}`,
    needed: "nodes that reach it; from this machine that cannot be seen",
    fix: "try it on a node, or keep copies in a registry of yours: groundplan:images.mirror",
    commands: names.slice(0, 3).map((registry) => `curl -sSI ${registryAddress(registry)}`),
  }));
  const good: Finding[] =
    bad.length > 0 || registries.length === 0
      ? []
      : [{ check, area, level: "ok", found: `image registries in reach of this machine: ${listed(registries, 6)}` }];
  const unknown: Finding[] =
    unseen.length === 0
      ? []
      : [
          {
            check,
            area,
            level: "unknown",
            found: `where the images of ${listed(unseen)} come from is not known: the charts were not rendered`,
            fix: "the plan says why",
            commands: [`npm run plan -- --stack ${stack}`],
          },
        ];
  return [...good, ...bad, ...unknown];
}

function judgeAcme({ acme }: Pick<Needs, "acme">, at: At): Finding[] {
  if (!acme) return [];
  return at(acmeDirectory).map(({ status }): Finding => {
    const check = "acme";
    if (answered(status)) return { check, area, level: "ok", found: "Let's Encrypt is in reach of this machine" };
    const fix = "let cert-manager's pods out to it, or take an issuer of another kind";
    return {
      check,
      area,
      level: "warn",
      found: `Let's Encrypt: ${status.why}`,
      needed: "a way from the cluster to it",
      fix,
    };
  });
}

/** Why an address is of no use; undefined where it is. A registry that asks for a login answers 401 and is there. */
function refusal({ status }: Reach, registry: boolean): string | undefined {
  if (!answered(status)) return status.why;
  const { got } = status;
  if (got >= 500) return `it answers with the status ${got}`;
  // Some servers do not answer HEAD (405) or not without a login (401, 403): they are there.
  if (got === 404 || got === 410)
    return registry ? "it is no registry (status 404)" : "there is no index.yaml (status 404)";
  return undefined;
}

/** What is refused for the same reason stands on one line: a machine without a network would fill the screen. */
function byReason(refused: readonly { readonly name: string; readonly why: string }[]) {
  const reasons = [...new Set(refused.map(({ why }) => why))];
  return reasons.map((why) => ({ why, names: refused.filter((one) => one.why === why).map(({ name }) => name) }));
}
