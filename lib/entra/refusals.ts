/** Why a read refuses the night, in the operator's words. `what` is what was read: "the deleted users". */
import { NightRefused } from '../errors.ts';

/** Graph did not understand a read: 400. Asking otherwise may help. */
export class BadRequest extends NightRefused {
  /** Graph's code and message. */
  readonly said: string;

  constructor(what: string, problem: string, said: string) {
    super('sourceIncomplete', incomplete(what, problem).message, { cause: problem });
    this.said = said;
  }
}

/** `problem` is a whole sentence, and the `cause` of the refusal. */
export const incomplete = (what: string, problem: string) =>
  new NightRefused(
    'sourceIncomplete',
    `Could not read ${what} completely. ${problem} Nothing was purged, because what was not read could be a reason to keep. Wait for the next night; if it happens again, look at the health of Microsoft 365 and at this tool's telemetry of its Graph calls.`,
    { cause: problem },
  );

/** `problem` is a whole sentence. */
export const denied = (what: string, problem: string) =>
  new NightRefused(
    'accessDenied',
    `May not read ${what}. ${problem} Nothing was purged. Grant the application permission User.Read.All of Microsoft Graph to the managed identity, with admin consent; a new grant can take an hour to reach its tokens.`,
  );

/** `reason` is what the credential said. */
export const noToken = (what: string, reason: string) =>
  new NightRefused(
    'accessDenied',
    `Could not read ${what}: the managed identity gave no token for Microsoft Graph (${reason}). Nothing was purged. Check that the function app has its managed identity, and that the client id in its settings is that identity's.`,
  );
