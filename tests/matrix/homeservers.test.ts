import assert from "node:assert/strict";
import { homeservers, homeserverVariables, managedFields, variableName } from "../../components/matrix/homeservers.ts";
import type { Configuration, HomeserverKind } from "../../components/matrix/homeservers.ts";

const configuration: Configuration = {
  serverName: "choppa.xyz",
  host: "talk.choppa.xyz",
  address: "0.0.0.0",
  maxRequestSize: 20_000_000,
  registration: true,
  trustedServers: ["matrix.org"],
  options: {},
};
const kinds = Object.keys(homeservers) as HomeserverKind[];

describe("variables of a homeserver", () => {
  it("N08: Conduit's join a table and its field with one underscore, and name no file", () => {
    const variables = homeserverVariables("conduit", configuration);
    assert.deepEqual(variables, {
      CONDUIT_ADDRESS: "0.0.0.0",
      CONDUIT_ALLOW_CHECK_FOR_UPDATES: "true",
      CONDUIT_ALLOW_FEDERATION: "true",
      CONDUIT_ALLOW_REGISTRATION: "true",
      CONDUIT_CONFIG: "",
      CONDUIT_DATABASE_BACKEND: "rocksdb",
      CONDUIT_DATABASE_PATH: "/var/lib/matrix-conduit/",
      CONDUIT_MAX_REQUEST_SIZE: "20000000",
      CONDUIT_PORT: "6167",
      CONDUIT_SERVER_NAME: "choppa.xyz",
      CONDUIT_TRUSTED_SERVERS: '["matrix.org"]',
      CONDUIT_WELL_KNOWN_CLIENT: "https://talk.choppa.xyz",
      CONDUIT_WELL_KNOWN_SERVER: "talk.choppa.xyz:443",
    });
  });

  it("tuwunel's join them with two, on the same database, and leave out what tuwunel does not read", () => {
    const variables = homeserverVariables("tuwunel", configuration);
    assert.equal(variables["TUWUNEL_WELL_KNOWN__CLIENT"], "https://talk.choppa.xyz");
    assert.equal(variables["TUWUNEL_WELL_KNOWN__SERVER"], "talk.choppa.xyz:443");
    assert.equal(variables["TUWUNEL_DATABASE_PATH"], "/var/lib/matrix-conduit/");
    for (const field of ["CONFIG", "DATABASE_BACKEND", "ALLOW_CHECK_FOR_UPDATES", "MAX_CONCURRENT_REQUESTS"])
      assert.equal(variables[`TUWUNEL_${field}`], undefined, field);
  });

  it("N17: without federation nothing is asked outside, and no server is delegated", () => {
    const variables = homeserverVariables("conduit", { ...configuration, trustedServers: undefined });
    assert.equal(variables["CONDUIT_ALLOW_FEDERATION"], "false");
    assert.equal(variables["CONDUIT_ALLOW_CHECK_FOR_UPDATES"], "false");
    assert.equal(variables["CONDUIT_WELL_KNOWN_SERVER"], undefined);
    assert.equal(variables["CONDUIT_TRUSTED_SERVERS"], undefined);
    assert.equal(variables["CONDUIT_WELL_KNOWN_CLIENT"], "https://talk.choppa.xyz");
  });

  it("an option becomes a variable, and cannot replace a field that the stack sets", () => {
    const options = { max_concurrent_requests: "200", server_name: "other.org" };
    const variables = homeserverVariables("conduit", { ...configuration, options });
    assert.equal(variables["CONDUIT_MAX_CONCURRENT_REQUESTS"], "200");
    assert.equal(variables["CONDUIT_SERVER_NAME"], "choppa.xyz");
  });

  for (const kind of kinds)
    it(`${kind}: a field that it does not read is refused`, () => {
      for (const field of ["allow_well_known", "well_known_client", "well_known.serve", ""])
        assert.throws(() => variableName(kind, field), RangeError, field);
      for (const field of managedFields(kind)) variableName(kind, field);
      assert.deepEqual(new Set(homeservers[kind].fields).size, homeservers[kind].fields.length, "listed twice");
    });

  it("each reads fields that the other does not", () => {
    assert.throws(() => variableName("tuwunel", "max_concurrent_requests"), RangeError);
    assert.throws(() => variableName("conduit", "registration_token_file"), RangeError);
  });
});
