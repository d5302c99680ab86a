import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { imagesOf } from "../../plan/checks/software.ts";
import { runChecks } from "../../plan/checks/checks.ts";
import { inventory } from "../../plan/images/list.ts";
import { chartsAreRendered, planAnew, planStack } from "../plans.ts";
import { root, stackNamed } from "../stacks.ts";

/** Images that charts do not let be pinned: the servers of OpenSearch and Graylog, and what MongoDB's operator is told by name and version. */
const byTag = [
  /^docker\.io\/graylog\/graylog:/,
  /(^|\/)opensearchproject\/opensearch:/,
  /^quay\.io\/mongodb\/mongodb-(kubernetes|agent)/,
  /^envoyproxy\/envoy:/,
  /^otel\/opentelemetry-collector-contrib:/,
];

describe("a lock of images with rendered charts", () => {
  for (const name of ["dev", "prod", "traefik", "cloudnative-pg"]) {
    it(`pins every image of ${name}, but those that charts do not let be pinned`, async function () {
      if (!chartsAreRendered()) this.skip();
      const stack = stackNamed(name);
      const { images } = inventory(await planStack(stack));
      const digest = (image: string) => `sha256:${createHash("sha256").update(image).digest("hex")}`;
      const cache = join(root, "node_modules", ".cache");
      mkdirSync(cache, { recursive: true });
      const folder = mkdtempSync(join(cache, "lock-"));
      try {
        const lock = join(folder, "lock.json");
        writeFileSync(
          lock,
          JSON.stringify({ images: Object.fromEntries(images.map((one) => [one.name, digest(one.name)])) }),
        );
        const plan = await planAnew({ ...stack, set: [...(stack.set ?? []), `images.lock=${relative(root, lock)}`] });
        const used = [...new Set(imagesOf(plan).map(({ image }) => image))];
        const left = used.filter((image) => !image.includes("@")).sort();
        assert.deepEqual(
          left.filter((image) => !byTag.some((known) => known.test(image))),
          [],
        );
        for (const image of used.filter((one) => one.includes("@sha256:"))) {
          const [named = "", pinned] = image.split("@");
          const known = images.some((one) => one.name === named && digest(one.name) === pinned);
          // The charts of Traefik and Keycloak leave out the tag.
          const untagged = images.some((one) => one.name.startsWith(`${named}:`) && digest(one.name) === pinned);
          assert.ok(known || untagged, image);
        }
        const { results } = runChecks(plan, "2026-10-01");
        const errors = results.filter(({ severity }) => severity === "error").flatMap(({ findings }) => findings);
        assert.deepEqual(errors, []);
        const found = results.find(({ id }) => id === "GP146");
        assert.ok(found !== undefined && found.examined > 0);
        assert.deepEqual(found.findings.length > 0, left.length > 0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
