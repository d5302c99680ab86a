import assert from "node:assert/strict";
import { judgeNames, targetNames } from "../../../plan/doctor/judgements/names.ts";
import type { Live } from "../../../plan/doctor/probes/kubectl.ts";
import type { NamedHost } from "../../../plan/records.ts";
import { brief, got, live, modest, refused, said } from "./samples.ts";

const gateway: NamedHost = {
  host: "a.example.org",
  targets: [],
  service: "kong/proxy",
  addresses: "load balancer",
  isZone: false,
  automatic: false,
  proxied: false,
  ttl: 300,
};

const service = (name: string, ...ingress: object[]) =>
  live(name, {
    metadata: { namespace: "kong" },
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress } },
  });

const resolved = (name: string, ...addresses: string[]) => ({ name, addresses: got(addresses) });

describe("names of hosts", () => {
  interface Case {
    readonly name: string;
    readonly to?: readonly string[];
    readonly services?: readonly Live[];
    /** What the name of a load balancer resolves to. */
    readonly cloud?: readonly string[];
    readonly host?: Partial<NamedHost>;
    readonly finds: readonly string[];
    readonly says?: RegExp;
  }
  const cases: readonly Case[] = [
    { name: "resolve, and there is no address yet", to: ["192.0.2.1"], finds: ["ok names"] },
    {
      name: "lead to the gateway's Service",
      to: ["192.0.2.1"],
      services: [service("proxy", { ip: "192.0.2.1" })],
      finds: ["ok names"],
    },
    {
      name: "lead to another Service of the cluster",
      to: ["192.0.2.9"],
      services: [service("proxy", { ip: "192.0.2.1" }), service("other", { ip: "192.0.2.9" })],
      finds: ["warn names"],
      says: /not the gateway's: 192\.0\.2\.9[^]*change these records\na\.example\.org\. 300 IN A 192\.0\.2\.1$/,
    },
    {
      name: "do not resolve",
      services: [service("proxy", { ip: "2001:db8::1" })],
      finds: ["warn names"],
      says: /no DNS record yet[^]*a\.example\.org\. 300 IN AAAA 2001:db8::1$/,
    },
    {
      name: "do not resolve, before there is an address",
      finds: ["warn names"],
      says: /with the address of the Service kong\/proxy when it has one/,
    },
    {
      name: "lead to a cloud's name",
      to: ["192.0.2.1"],
      services: [service("proxy", { hostname: "lb.example.net" })],
      cloud: ["192.0.2.1"],
      finds: ["ok names"],
    },
    {
      name: "miss a cloud's name",
      services: [service("proxy", { hostname: "lb.example.net" })],
      finds: ["warn names"],
      says: /a\.example\.org\. 300 IN CNAME lb\.example\.net\.$/,
    },
    {
      name: "miss a cloud's name at the zone itself, which cannot have a CNAME",
      services: [service("proxy", { hostname: "lb.example.net" })],
      host: { isZone: true },
      finds: ["warn names"],
      says: /a\.example\.org\. 300 IN ALIAS lb\.example\.net\.$/,
    },
    {
      name: "lead to the targets of the settings, whatever the Service has",
      to: ["198.51.100.7"],
      services: [service("proxy", { ip: "192.0.2.1" })],
      host: { targets: ["198.51.100.7"] },
      finds: ["ok names"],
    },
    {
      name: "miss one of several targets",
      host: { targets: ["198.51.100.7", "198.51.100.8"] },
      finds: ["warn names"],
      says: /IN A 198\.51\.100\.7\na\.example\.org\. 300 IN A 198\.51\.100\.8$/,
    },
    {
      name: "wait for external-dns",
      services: [service("proxy", { ip: "192.0.2.1" })],
      host: { automatic: true },
      finds: ["warn names"],
      says: /external-dns creates them within a minute[^]*logs -n external-dns/,
    },
    {
      name: "lead to Cloudflare, as the settings have it",
      to: ["203.0.113.1"],
      services: [service("proxy", { ip: "192.0.2.1" })],
      host: { automatic: true, proxied: true },
      finds: ["ok names"],
    },
    {
      name: "lead elsewhere, and external-dns does not change it",
      to: ["192.0.2.9"],
      services: [service("proxy", { ip: "192.0.2.1" })],
      host: { automatic: true },
      finds: ["warn names"],
      says: /changes only records that it created/,
    },
  ];
  for (const { name, to = [], services = [], cloud = [], host = {}, finds, says } of cases)
    it(`of hosts that ${name}`, () => {
      const needs = { ...modest, named: [{ ...gateway, ...host }] };
      const targets = [resolved("lb.example.net", ...cloud)];
      const findings = judgeNames([resolved("a.example.org", ...to)], got(services), targets, needs);
      assert.deepEqual(brief(findings), finds);
      const text = [said(findings), ...findings.flatMap(({ records = [] }) => records)].join("\n");
      if (says !== undefined) assert.match(text, says);
    });

  it("of hosts that the gateway does not serve may lead to any address of the cluster", () => {
    const needs = { ...modest, named: [gateway] };
    const services = got([service("proxy", { ip: "192.0.2.1" }), service("mail", { ip: "192.0.2.9" })]);
    assert.deepEqual(brief(judgeNames([resolved("mail.example.org", "192.0.2.9")], services, [], needs)), ["ok names"]);
    assert.deepEqual(brief(judgeNames([resolved("mail.example.org", "192.0.2.8")], services, [], needs)), [
      "warn names",
    ]);
  });

  it("say of each host that is missing its exact record, however many there are", () => {
    const hosts = Array.from({ length: 30 }, (_, index) => ({ ...gateway, host: `h${index}.example.org` }));
    const needs = { ...modest, named: hosts };
    const names = hosts.map(({ host }) => resolved(host));
    const [finding] = judgeNames(names, got([service("proxy", { ip: "192.0.2.1" })]), [], needs);
    assert.deepEqual(
      finding?.records,
      hosts.map(({ host }) => `${host}. 300 IN A 192.0.2.1`),
    );
  });

  it("are looked up only where a target is a name", () => {
    const services = got([service("proxy", { ip: "192.0.2.1" }), service("other", { hostname: "lb.example.net" })]);
    assert.deepEqual(targetNames([{ ...gateway, targets: ["proxy.example.com", "192.0.2.4"] }], services), [
      "lb.example.net",
      "proxy.example.com",
    ]);
    assert.deepEqual(targetNames([gateway], refused), []);
  });

  it("do not exist without hosts", () => assert.deepEqual(judgeNames([], got([]), [], modest), []));

  it("are unknown where the name server is silent", () => {
    const silent = [{ name: "a.example.org", addresses: { why: "ETIMEOUT" } }];
    assert.deepEqual(brief(judgeNames(silent, got([]), [], modest)), ["unknown names"]);
  });
});
