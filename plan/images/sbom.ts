import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import { parseImage } from "../../components/kit/images.ts";
import { repositoryOf } from "./list.ts";
import type { Inventory, StackChart, StackImage } from "./list.ts";

/**
 * The images and charts of a stack as a software bill of materials in CycloneDX 1.6 (JSON). It has no serial number and no time, so
 * that equal stacks give equal bytes.
 *
 * @param digests `sha256:…` by image, of the lock
 */
export function billOfMaterials(
  stack: string,
  { images, charts }: Inventory,
  digests: Readonly<Record<string, string>>,
) {
  const bom = new Models.Bom();
  bom.metadata.component = new Models.Component(Enums.ComponentType.Application, stack, { bomRef: `stack:${stack}` });
  for (const image of images) bom.components.add(imageComponent(image, digests[image.name] ?? image.digest));
  for (const chart of charts) bom.components.add(chartComponent(chart));
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

// Package URL, type `oci`: the digest is the version; the registry and the tag are qualifiers.
function imageComponent({ name }: StackImage, digest: string | undefined) {
  const { registry, repository, tag } = parseImage(name);
  const last = repository.split("/").at(-1) ?? repository;
  const qualifiers = { repository_url: `${registry}/${repository}`, ...(tag === undefined ? {} : { tag }) };
  const purl = new PackageURL("oci", undefined, last.toLowerCase(), digest, qualifiers).toString();
  const component = new Models.Component(Enums.ComponentType.Container, `${registry}/${repository}`, {
    bomRef: name,
    version: tag,
    purl,
  });
  if (digest !== undefined) component.hashes.set(Enums.HashAlgorithm["SHA-256"], digest.replace(/^sha256:/, ""));
  return component;
}

// Package URL, type `helm`.
function chartComponent(chart: StackChart) {
  const { name, version, source } = chart;
  const qualifiers = source.kind === "file" ? undefined : { repository_url: repositoryOf(chart) };
  const purl = new PackageURL("helm", undefined, name, version, qualifiers).toString();
  return new Models.Component(Enums.ComponentType.Application, name, { bomRef: `chart:${name}`, version, purl });
}
