import assert from "node:assert/strict";
import { planMarkdown, planPage, planTree, prodPlan } from "./plans.ts";

/** What the terminal, the comment and the page say of the records. */
async function written(...set: string[]): Promise<string[]> {
  const plan = await prodPlan(...set);
  return [planTree(plan, Infinity), planMarkdown(plan), await planPage(plan)];
}

describe("the records of hosts", () => {
  it("X29: are written whole where the settings name the targets", async () => {
    for (const text of await written("dns={targets: [192.0.2.10, '2001:db8::10'], ttl: 1h}"))
      for (const line of ["auth.example.org. 3600 IN A 192.0.2.10", "auth.example.org. 3600 IN AAAA 2001:db8::10"])
        assert.ok(text.includes(line), `${line}\n${text}`);
  });

  it("lead to the gateway's Service where the cluster gives the address", async () => {
    for (const text of await written()) {
      assert.match(text, /auth\.example\.org[^]{0,120}the address of the Service/);
      assert.ok(text.includes("gateway/kong-proxy"));
    }
  });

  it("are external-dns' where it runs, and one's own outside of its zones", async () => {
    const provider = "dns.provider={kind: rfc2136, nameserver: 192.0.2.53}";
    const [terminal = ""] = await written("dns.targets=[192.0.2.10]", provider);
    assert.match(terminal, /auth\.example\.org +auth\.example\.org\. 300 IN A 192\.0\.2\.10 +external-dns$/m);
    const [elsewhere = ""] = await written("dns.targets=[192.0.2.10]", provider, "dns.zones=[example.com]");
    assert.match(elsewhere, /auth\.example\.org +auth\.example\.org\. 300 IN A 192\.0\.2\.10 +you$/m);
  });

  it("of a zone's own name are no CNAME", async () => {
    const [text = ""] = await written("dns.targets=[lb.example.net]", "keycloak.host=example.org");
    assert.ok(text.includes("example.org. 300 IN ALIAS lb.example.net."), text);
    assert.ok(text.includes("grafana.example.org. 300 IN CNAME lb.example.net."));
  });
});
