import { kindOfGateway } from "../../../components/gateway/kinds.ts";
import { declaredHosts } from "../declared.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["gateway", ...rest];
const ownSwitch = at("service", "proxyProtocol");

/** PROXY protocol is spoken by the load balancer and the gateway, or by neither: otherwise every connection fails. */
export function proxyProtocol({ gateway }: ParsedSettings): Violation[] {
  const { enabled, kind, service, trustedProxies } = gateway;
  if (!enabled || kindOfGateway(kind).chart === undefined) return [];
  const speaking = Object.entries(service.annotations).filter(([key, value]) => asksForProxyProtocol(key, value));
  if (!service.proxyProtocol)
    return speaking.map(([key, value]) => ({
      path: at("service", "annotations", key),
      message:
        "makes the load balancer speak PROXY protocol, which the gateway does not understand without proxyProtocol",
      got: shown(value),
      accepts: "this annotation only with gateway.service.proxyProtocol: true",
      fix: { set: true, at: ownSwitch },
      relies: [ownSwitch, at("kind"), at("enabled")],
    }));
  const violations: Violation[] = [];
  if (trustedProxies.length === 0)
    violations.push({
      path: at("trustedProxies"),
      message: "is required with service.proxyProtocol: any other client could claim any address",
      accepts: "the addresses from which the load balancer connects",
      fix: 'add its address ranges, such as trustedProxies: ["10.0.0.0/16"]',
      relies: [ownSwitch],
    });
  if (speaking.length === 0 && service.type === "LoadBalancer")
    violations.push({
      path: ownSwitch,
      severity: "warning",
      message: "no annotation makes the load balancer speak PROXY protocol: without it, every connection fails",
      got: "true",
      accepts: "true only if the load balancer speaks PROXY protocol",
      fix: "add the cloud's annotation to gateway.service.annotations, or remove proxyProtocol",
      relies: [at("service", "annotations"), at("service", "type")],
    });
  return violations;
}

const off = /^(false|off|none|no|disabled?|0|)$/i;
const spoken = /proxy[-_]?protocol|ppv2/i;
const silenced = /(proxy[-_]?protocol|ppv2)[^,;}]*(false|none|off|disabled)/i;

/**
 * Whether an annotation of a Service asks a cloud for PROXY protocol: by its key, such as Hetzner's
 * `load-balancer.hetzner.cloud/uses-proxyprotocol: "true"`, AWS's `…aws-load-balancer-proxy-protocol: "*"`, OVH's
 * `…ovh-loadbalancer-proxy-protocol: v2` and Oracle's `…/is-ppv2-enabled: "true"`, or in its value, such as AWS's target group
 * attributes `proxy_protocol_v2.enabled=true`, IBM's features and Linode's JSON.
 */
export function asksForProxyProtocol(key: string, value: string): boolean {
  if (spoken.test(key)) return !off.test(value.trim());
  return spoken.test(value) && !silenced.test(value);
}

/** Address ranges of clients have no meaning where every client has the address of a node. */
export function clientAddresses(settings: ParsedSettings): Violation[] {
  const { enabled, kind, service, trustedProxies } = settings.gateway;
  if (!enabled || kindOfGateway(kind).chart === undefined || service.type !== "NodePort" || trustedProxies.length > 0)
    return [];
  return declaredHosts(settings).flatMap(({ allowFrom, path }): Violation[] =>
    allowFrom.length === 0
      ? []
      : [
          {
            path: [...path, "allowFrom"],
            message:
              "the gateway does not see the client's address: with service.type: NodePort, it sees that of a node",
            got: shown(allowFrom),
            accepts: "address ranges only with service.type: LoadBalancer, or with trustedProxies",
            fix: { set: "LoadBalancer", at: at("service", "type") },
            relies: [at("service", "type"), at("trustedProxies"), at("kind"), at("enabled"), ["profile"]],
          },
        ],
  );
}

/** Traefik limits the size of a body only by holding requests and responses back. */
export function bodyLimits(settings: ParsedSettings): Violation[] {
  const { gateway } = settings;
  if (!gateway.enabled || !kindOfGateway(gateway.kind).limitsBodiesByBuffering) return [];
  const { title } = kindOfGateway(gateway.kind);
  return declaredHosts(settings).flatMap(({ maxBodySize, path }): Violation[] =>
    maxBodySize === undefined
      ? []
      : [
          {
            path: [...path, "maxBodySize"],
            severity: "warning",
            message: `${title} limits bodies by buffering: it sends each response when it is complete, so events and exports do not stream`,
            got: shown(maxBodySize),
            accepts: "a value only for applications whose responses need not stream",
            fix: { remove: [...path, "maxBodySize"] },
            relies: [at("kind")],
          },
        ],
  );
}
