// cert-manager by its chart: a certificate for a host, and the webhook that admits the objects of its kinds.
import assert from "node:assert/strict";
import { imagesOf, NodeStack, onNode } from "./stack.ts";
import { startNode } from "./node.ts";
import type { RealNode } from "./node.ts";

const stack = onNode("dev");
const hello = "hello.dev.example.org";

describe("the certificates of dev on a real node", function () {
  this.timeout(900_000);
  let node: RealNode;
  let deployed: NodeStack;
  before("start the node", async function () {
    this.timeout(7_200_000);
    node = await startNode(this, () => imagesOf(stack, ({ namespace }) => namespace === "cert-manager"));
    deployed = await NodeStack.of(node, stack);
    deployed.bring(({ kind, name }) => kind === "Release" && name === "prometheus-operator-crds");
  });
  after(() => node?.stop());

  it("issues certificates with cert-manager, whose webhook refuses what cannot be", () => {
    const since = Date.now();
    deployed.bring(({ namespace, kind }) => namespace === "cert-manager" || kind === "ClusterIssuer");
    deployed.bring(({ namespace, kind }) => namespace === "hello" && kind === "Certificate");
    const wait = ["--for=condition=Ready", "certificate", "--all", "-n", "hello", "--timeout=120s"];
    node.kubectl(["wait", ...wait]);
    node.tell("cert-manager, and a certificate", since);
    const spec = {
      secretName: "impossible",
      dnsNames: [hello],
      issuerRef: { kind: "ClusterIssuer", name: "own-ca" },
      ...{ duration: "2h", renewBefore: "3h" },
    };
    const metadata = { name: "impossible", namespace: "hello" };
    const impossible = { apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata, spec };
    assert.throws(() => node.kubectl(["apply", "-f", "-"], [impossible]), /denied the request: spec\.renewBefore/);
  });
});
