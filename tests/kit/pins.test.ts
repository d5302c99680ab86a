import assert from "node:assert/strict";
import { catalogue } from "../../components/kit/catalogue.ts";
import type { Chart, ChartName } from "../../components/kit/catalogue.ts";
import { chartImage, pulledImage } from "../../components/kit/images.ts";
import { pinnedValues } from "../../components/kit/pins.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const hex = "ab".repeat(32);

describe("tags and digests of images", () => {
  const keycloak = "quay.io/keycloak/keycloak:26.7.3";

  it("an image has the stack's own tag, and the digest that the lock has for that tag", () => {
    const tags = { "quay.io/keycloak/keycloak": "26.7.4" };
    assert.equal(pulledImage(keycloak, { tags }), "quay.io/keycloak/keycloak:26.7.4");
    assert.equal(pulledImage(keycloak, { tags, digests: { [keycloak]: digest } }), "quay.io/keycloak/keycloak:26.7.4");
    assert.equal(pulledImage(keycloak, { digests: { [keycloak]: digest } }), `${keycloak}@${digest}`);
  });

  it("the lock has an image's own registry, and the mirror is where its content comes from", () => {
    const policy = { mirror: "mirror.example.org/hub", digests: { "docker.io/library/busybox:1.37.0": digest } };
    assert.equal(pulledImage("busybox:1.37.0", policy), `mirror.example.org/hub/library/busybox:1.37.0@${digest}`);
  });

  it("a digest in the reference belongs to its tag, and a tag of the stack's own removes it", () => {
    const reference = `${keycloak}@sha256:${"cd".repeat(32)}`;
    assert.equal(pulledImage(reference, { digests: { [keycloak]: digest } }), reference);
    assert.equal(
      pulledImage(reference, { tags: { "quay.io/keycloak/keycloak": "26.7.4" } }),
      "quay.io/keycloak/keycloak:26.7.4",
    );
  });

  it("two values of a chart, joined with a colon, are the image", () => {
    for (const policy of [{}, { digests: { [keycloak]: digest } }, { mirror: "localhost:5000" }]) {
      const { repository, tag } = chartImage(keycloak, policy);
      assert.equal(`${repository}:${tag}`, pulledImage(keycloak, policy));
    }
  });

  it("each chart takes the digest where it reads one", () => {
    const digests = {
      "docker.io/library/traefik:v3.7.11": digest,
      "quay.io/keycloak/keycloak:26.7.3": digest,
      "quay.io/prometheus/prometheus:v3.13.1": digest,
      "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0": digest,
    };
    const of = (chart: ChartName) => pinnedValues(chart, { digests }, {});
    assert.deepEqual(of("traefik"), { image: { digest } });
    assert.deepEqual(of("keycloakx"), { image: { digest } });
    assert.deepEqual(of("kube-prometheus-stack"), {
      "kube-state-metrics": { image: { sha: digest } },
      prometheus: { prometheusSpec: { image: { sha: hex } } },
    });
    assert.deepEqual(pinnedValues("thanos", { digests: { "quay.io/thanos/thanos:v0.42.4": digest } }, {}), {
      global: { image: { tag: `v0.42.4@${digest}` } },
    });
    assert.deepEqual(of("opensearch"), {});
  });

  it("with two locked tags of one repository, the component's tag decides, and without it none is set", () => {
    const other = `sha256:${"cd".repeat(32)}`;
    const digests = { "quay.io/keycloak/keycloak:26.7.3": digest, "quay.io/keycloak/keycloak:26.6.0": other };
    assert.deepEqual(pinnedValues("keycloakx", { digests }, { image: { tag: "26.6.0" } }), {
      image: { digest: other },
    });
    assert.deepEqual(pinnedValues("keycloakx", { digests }, {}), {});
  });

  it("a tag of the stack's own replaces the component's, with its digest", () => {
    const tags = { "quay.io/keycloak/keycloak": "26.7.4" };
    const component = { image: { tag: "26.7.3" } };
    assert.deepEqual(pinnedValues("keycloakx", { tags }, component), { image: { tag: "26.7.4" } });
    const digests = { "quay.io/keycloak/keycloak:26.7.4": digest, "quay.io/keycloak/keycloak:26.7.3": hex };
    assert.deepEqual(pinnedValues("keycloakx", { tags, digests }, component), { image: { digest, tag: "26.7.4" } });
  });

  it("a pinned repository is one that the chart's values for the mirror know, where it has one for each", () => {
    for (const [name, { images, pins = {} }] of Object.entries<Chart>(catalogue)) {
      if (!("repositories" in images)) continue;
      const known = Object.values(images.repositories);
      for (const repository of Object.keys(pins)) assert.ok(known.includes(repository), `${name}: ${repository}`);
    }
  });
});
