import { answered, counted, listed } from "../diagnosis.ts";
import type { Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Reach } from "../probes/reach.ts";
import { commandLine } from "../../../components/kit/command-line.ts";

const area = "remote services";

/** Pulumi's download server. */
export const pulumiDownloads = "https://get.pulumi.com/";
/** Let's Encrypt's directory (RFC 8555, section 7.1.1). */
export const acmeDirectory = "https://acme-v02.api.letsencrypt.org/directory";

/** Docker Hub's API has another host name than its images. */
const registryHosts: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

/** The URL to check a chart repository: its index, or its registry's version check. */
export function chartAddress(repository: string): string {
  if (repository.startsWith("oci://")) return registryAddress(repository.slice("oci://".length).split("/")[0] ?? "");
  return `${repository.replace(/\/$/, "")}/index.yaml`;
}

/** The version check of an image registry (OCI Distribution, "Determining Support"). */
export function registryAddress(registry: string): string {
  return `https://${registryHosts[registry] ?? registry}/v2/`;
}

/**
 * Whether charts and images can be downloaded. This machine downloads charts at every preview; the nodes pull images, so for images
 * the result of this machine is only a hint.
 */
export function judgeReach(
  reaches: readonly Reach[],
  needs: Pick<Needs, "charts" | "registries" | "unseen" | "acme" | "stack">,
): readonly Diagnosis[] {
  const at = (address: string) => reaches.filter((reach) => reach.address === address);
  return [...judgeCharts(needs, at), ...judgeRegistries(needs, at), ...judgeAcme(needs, at)];
}

type At = (address: string) => readonly Reach[];

function judgeCharts({ charts }: Pick<Needs, "charts">, at: At): Diagnosis[] {
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
    const found = `chart repositories are reachable: ${listed(charts.addresses.map((address) => address.replace(/^[a-z]+:\/\//, "")))}`;
    return [{ check, area, level: "ok", found }];
  }
  return byReason(bad).map(({ names, why }) => ({
    check,
    area,
    level: "fail",
    found: `${listed(names)}: ${why}`,
    needed: "every repository, because Pulumi reads its index at every preview",
    fix: "set HTTPS_PROXY, or store the charts in a folder or your own registry: groundplan:charts",
  }));
}

function judgeRegistries(
  { registries, unseen, stack }: Pick<Needs, "registries" | "unseen" | "stack">,
  at: At,
): Diagnosis[] {
  const check = "image-registries";
  const refused = registries.flatMap((registry) =>
    at(registryAddress(registry)).flatMap((reach) => {
      const why = refusal(reach, true);
      return why === undefined ? [] : [{ name: registry, why }];
    }),
  );
  const bad = byReason(refused).map(({ names, why }): Diagnosis => ({
    check,
    area,
    level: "warn",
    found: `${listed(names)}: ${why}`,
    needed: "access from the nodes; this cannot be checked from this machine",
    fix: "try it on a node, or store copies in your own registry: groundplan:images.mirror",
    commands: names.slice(0, 3).map((registry) => `curl -sSI ${registryAddress(registry)}`),
  }));
  const good: Diagnosis[] =
    bad.length > 0 || registries.length === 0
      ? []
      : [
          {
            check,
            area,
            level: "ok",
            found: `image registries are reachable from this machine: ${listed(registries, 6)}`,
          },
        ];
  const unknown: Diagnosis[] =
    unseen.length === 0
      ? []
      : [
          {
            check,
            area,
            level: "unknown",
            found: `the image registries of ${listed(unseen)} are unknown: the charts were not rendered`,
            fix: "the plan shows the reason",
            commands: [commandLine("plan", `--stack ${stack}`)],
          },
        ];
  return [...good, ...bad, ...unknown];
}

function judgeAcme({ acme }: Pick<Needs, "acme">, at: At): Diagnosis[] {
  if (!acme) return [];
  return at(acmeDirectory).map(({ status }): Diagnosis => {
    const check = "acme";
    if (answered(status)) return { check, area, level: "ok", found: "Let's Encrypt is reachable from this machine" };
    const fix = "allow cert-manager's pods to connect to it, or use an issuer of another kind";
    return {
      check,
      area,
      level: "warn",
      found: `Let's Encrypt: ${status.why}`,
      needed: "access to it from the cluster",
      fix,
    };
  });
}

/** Why a URL cannot be used; undefined if it can. A registry that requires a login answers 401 and is available. */
function refusal({ status }: Reach, registry: boolean): string | undefined {
  if (!answered(status)) return status.why;
  const { got } = status;
  if (got >= 500) return `it answers with status ${got}`;
  // Some servers reject HEAD (405), or require a login (401, 403): they are available.
  if (got === 404 || got === 410)
    return registry ? "it is not a registry (status 404)" : "index.yaml is missing (status 404)";
  return undefined;
}

/** Groups failures with the same reason on one line, so that a machine without a network does not fill the screen. */
function byReason(refused: readonly { readonly name: string; readonly why: string }[]) {
  const reasons = [...new Set(refused.map(({ why }) => why))];
  return reasons.map((why) => ({ why, names: refused.filter((one) => one.why === why).map(({ name }) => name) }));
}
