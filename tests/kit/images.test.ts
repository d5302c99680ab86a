import assert from "node:assert/strict";
import { parseImage, pulledImage } from "../../components/kit/images.ts";

describe("images", () => {
  const table: [string, string, string][] = [
    [
      "postgres:17.6-alpine",
      "docker.io/library/postgres:17.6-alpine",
      "mirror.example.org/m/library/postgres:17.6-alpine",
    ],
    ["bitnamilegacy/pgpool:4", "docker.io/bitnamilegacy/pgpool:4", "mirror.example.org/m/bitnamilegacy/pgpool:4"],
    ["ghcr.io/a/b:1@sha256:00", "ghcr.io/a/b:1@sha256:00", "mirror.example.org/m/a/b:1@sha256:00"],
    ["localhost:5000/x:2", "localhost:5000/x:2", "mirror.example.org/m/x:2"],
  ];
  for (const [image, direct, mirrored] of table) {
    it(`${image} is pulled as ${direct}, or from a mirror as ${mirrored}`, () => {
      assert.equal(pulledImage(image, {}), direct);
      assert.equal(pulledImage(image, { mirror: "mirror.example.org/m" }), mirrored);
    });
  }

  it("a port is no tag", () =>
    assert.deepEqual(parseImage("registry:5000/x"), {
      registry: "registry:5000",
      repository: "x",
      tag: undefined,
      digest: undefined,
    }));
});
