import type { Json } from "./representation.ts";

/** The message for a user without the role. */
export const denied = "No rights permissions for this client.";

/** Authentication flows of a realm and the settings of their steps, in the format of a realm's representation. */
export interface Flows {
  readonly authenticationFlows: Json[];
  readonly authenticatorConfig: Json[];
}

type Requirement = "REQUIRED" | "ALTERNATIVE" | "CONDITIONAL";

/** The alias of a client's browser flow. Client ids contain no dots, so aliases are unique. */
export function gateAlias(client: string): string {
  return `gate-${client}`;
}

/** The client scope that identifies the client in the flow after a login elsewhere. */
export function gateScope(client: string): string {
  return `gate-${client}`;
}

/** The flow that runs after every login at another provider. */
export const brokerAlias = "gate-broker";

/**
 * The browser flow of one client: it denies users without the `role`.
 *
 * A separate flow with the cookie before the form: a session of another application is accepted, but the role is still required. It
 * includes the second factor, because the realm's own browser flow, which would require it, does not run.
 *
 * @param role the client's role, as `CLIENT.ROLE`
 */
export function gateFlows(client: string, role: string): Flows {
  const alias = gateAlias(client);
  const [login, form, otp, deny] = ["login", "form", "otp", "deny"].map((part) => `${alias}.${part}`) as [
    string,
    string,
    string,
    string,
  ];
  const denial = denialFlow(deny, role, []);
  return {
    authenticationFlows: [
      flow(alias, true, [subflow(login, "REQUIRED"), subflow(deny, "CONDITIONAL")]),
      flow(login, false, [
        step("auth-cookie", "ALTERNATIVE"),
        step("identity-provider-redirector", "ALTERNATIVE"),
        subflow(form, "ALTERNATIVE"),
      ]),
      flow(form, false, [step("auth-username-password-form", "REQUIRED"), subflow(otp, "CONDITIONAL")]),
      flow(otp, false, [step("conditional-user-configured", "REQUIRED"), step("auth-otp-form", "REQUIRED")]),
      ...denial.authenticationFlows,
    ],
    authenticatorConfig: denial.authenticatorConfig,
  };
}

/**
 * The flow that runs after a login at another provider, which ends without the client's own flow: for each client it denies
 * those without the role.
 */
export function brokerFlows(clients: readonly { readonly name: string; readonly role: string }[]): Flows {
  const parts = clients.map(({ name, role }) => {
    const alias = `${brokerAlias}.${name}`;
    const scope = `${alias}.scope`;
    const condition = step("conditional-client-scope", "REQUIRED", scope);
    const denial = denialFlow(alias, role, [condition]);
    const config = { alias: scope, config: { client_scope: gateScope(name) } };
    return { alias, ...denial, authenticatorConfig: [config, ...denial.authenticatorConfig] };
  });
  return {
    authenticationFlows: [
      flow(brokerAlias, true, [
        // A flow without an executed step fails, and would deny all users.
        step("allow-access-authenticator", "REQUIRED"),
        ...parts.map(({ alias }) => subflow(alias, "CONDITIONAL")),
      ]),
      ...parts.flatMap(({ authenticationFlows }) => authenticationFlows),
    ],
    authenticatorConfig: parts.flatMap(({ authenticatorConfig }) => authenticatorConfig),
  };
}

function denialFlow(alias: string, role: string, conditions: readonly Step[]): Flows {
  const [without, message] = [`${alias}.role`, `${alias}.message`] as const;
  return {
    authenticationFlows: [
      flow(alias, false, [
        ...conditions,
        step("conditional-user-role", "REQUIRED", without),
        step("deny-access-authenticator", "REQUIRED", message),
      ]),
    ],
    authenticatorConfig: [
      { alias: without, config: { condUserRole: role, negate: "true" } },
      { alias: message, config: { denyErrorMessage: denied } },
    ],
  };
}

interface Step {
  readonly authenticator?: string;
  readonly flowAlias?: string;
  readonly authenticatorConfig?: string;
  readonly requirement: Requirement;
}

function step(authenticator: string, requirement: Requirement, config?: string): Step {
  return { authenticator, requirement, authenticatorConfig: config };
}

function subflow(flowAlias: string, requirement: Requirement): Step {
  return { flowAlias, requirement };
}

function flow(alias: string, topLevel: boolean, steps: readonly Step[]): Json {
  return {
    alias,
    builtIn: false,
    providerId: "basic-flow",
    topLevel,
    authenticationExecutions: steps.map((one, index) => ({
      ...one,
      authenticatorFlow: one.flowAlias !== undefined,
      priority: (index + 1) * 10,
      userSetupAllowed: false,
    })),
  };
}
