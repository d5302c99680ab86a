import assert from "node:assert/strict";
import { readKeystore } from "../../components/midpoint/keystore-reader.ts";
import { writeKeystore } from "../../components/midpoint/keystore.ts";
import { splitPem } from "../../components/midpoint/pem.ts";
import { QUICK, SALT, codes, fingerprint, messages, pemBlock } from "./keystore-samples.ts";
import { ISSUERLESS, NAMELESS, ROOT, ROOT_RENEWED, UNICODE } from "./sample-certificates.ts";

describe("certificates of a bundle", () => {
  it("M11: splits a bundle, with the subject as alias, or a prefix", () => {
    const bundle = `a preamble\r\n${ROOT.replaceAll("\n", "\r\n")}${UNICODE.replaceAll("\n", " ")}\n${NAMELESS}${ROOT}`;
    assert.deepEqual(splitPem(bundle), [
      { alias: "O=Groundplan tests, CN=Root A", certificate: ROOT },
      { alias: 'C=AT, O=Groundplan tests, CN=Zürich \\"日本\\"\\, Ωmega', certificate: UNICODE },
      { alias: `#${fingerprint(NAMELESS)}`, certificate: NAMELESS },
    ]);
    assert.deepEqual(
      splitPem(bundle, "ca").map(({ alias }) => alias),
      ["ca-1", "ca-2", "ca-3"],
    );
  });

  it("tells certificates of one subject apart, in whatever order they come", () => {
    const aliases = [ROOT, ROOT_RENEWED].map((each) => `O=Groundplan tests, CN=Root A #${fingerprint(each)}`);
    assert.deepEqual(
      splitPem(ROOT + ROOT_RENEWED).map(({ alias }) => alias),
      aliases,
    );
    assert.deepEqual(
      splitPem(ROOT_RENEWED + ROOT).map(({ alias }) => alias),
      aliases.toReversed(),
    );
  });

  it("gives entries that a store takes", () => {
    const certificates = splitPem(ROOT + ROOT_RENEWED + UNICODE + NAMELESS);
    assert.equal(readKeystore(writeKeystore({ ...QUICK, certificates }), "changeit").length, 6);
  });

  it("names every block that is wrong", () => {
    const call = (): unknown => splitPem(`${ROOT}${pemBlock("PRIVATE KEY", SALT)}${ISSUERLESS}${ROOT.slice(0, 200)}`);
    assert.deepEqual(codes(call), ["certificate", "certificate", "certificate"]);
    assert.match(messages(call), /certificate 2 of the bundle: is a PEM block "PRIVATE KEY"/);
    assert.match(messages(call), /certificate 3 of the bundle: has no issuer/);
    assert.match(messages(call), /certificate 4 of the bundle: is a damaged certificate/);
    assert.deepEqual(
      codes(() => splitPem("")),
      ["certificate"],
    );
  });
});
