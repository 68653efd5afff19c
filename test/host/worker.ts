/**
 * What the Azure Functions Node worker does with an app, as far as a timer needs it: it answers
 * `require('@azure/functions-core')`, keeps what the app registers, and invokes it through the app's own
 * programming model (Azure/azure-functions-nodejs-worker, setupCoreModule and InvocationHandler).
 */
import { randomUUID } from 'node:crypto';
import Module, { createRequire } from 'node:module';

type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type Log = (level: LogLevel, message: string) => void;

interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface TimerPayload {
  readonly isPastDue: boolean;
}

export interface FunctionApp {
  readonly functions: readonly RegisteredFunction[];
  /** Runs the function once. Rejects with what the invocation failed with. */
  fire(name: string, timer: TimerPayload): Promise<void>;
  /** Runs the hooks that the app registered for its end. */
  terminate(): Promise<void>;
}

type Callback = (...inputs: unknown[]) => unknown;
type Hook = (context: object) => unknown;

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<unknown>;
}

interface ProgrammingModel {
  getCapabilities(offered: object): Promise<object>;
  getInvocationModel(context: object): InvocationModel;
}

/**
 * Loads the app in `file` (CommonJS).
 * @throws what the file throws, or Error where it sets no programming model. The real worker says nothing then.
 */
export async function loadApp(file: string, log: Log): Promise<FunctionApp> {
  const functions = new Map<string, { metadata: RegisteredFunction; callback: Callback }>();
  const hooks: { readonly name: string; readonly hook: Hook }[] = [];
  let model: ProgrammingModel | undefined;
  provideCore({
    version: '3.13.0',
    hostVersion: '4.1046.0',
    registerFunction(metadata: RegisteredFunction, callback: Callback) {
      functions.set(metadata.name, { metadata, callback });
      return disposable(() => functions.delete(metadata.name));
    },
    registerHook(name: string, hook: Hook) {
      const one = { name, hook };
      hooks.push(one);
      return disposable(() => hooks.splice(hooks.indexOf(one), 1));
    },
    setProgrammingModel(set: ProgrammingModel) {
      model = set;
    },
    getProgrammingModel: () => model,
    log: (level: LogLevel, _category: string, message: string) => log(level, message),
  });
  createRequire(import.meta.url)(file);
  const programmingModel = chosen(model, file);
  await programmingModel.getCapabilities({});

  async function runHooks(name: string): Promise<void> {
    for (const one of hooks.filter((hook) => hook.name === name)) {
      await one.hook({ hookData: {}, appHookData: {} });
    }
  }
  await runHooks('appStart');

  return {
    functions: [...functions.values()].map(({ metadata }) => metadata),
    terminate: () => runHooks('appTerminate'),
    async fire(name, timer) {
      const registered = functions.get(name);
      if (registered === undefined) throw new Error(`The app in ${file} registers no function ${name}.`);
      const { metadata, callback } = registered;
      const invocationId = randomUUID();
      const invocation = programmingModel.getInvocationModel({
        invocationId,
        metadata,
        request: { invocationId, inputData: [timerInput(metadata, timer)] },
        log: (level: LogLevel, _category: string, message: string) => log(level, message),
      });
      const { context, inputs } = await invocation.getArguments();
      const result = await invocation.invokeFunction(context, inputs, callback);
      await invocation.getResponse(context, result);
    },
  };
}

/** There is no such package: the worker answers for it. */
function provideCore(core: object): void {
  Module.prototype.require = new Proxy(Module.prototype.require, {
    apply: (require, self, args: [string]) =>
      args[0] === '@azure/functions-core' ? core : Reflect.apply(require, self, args),
  });
}

function chosen(model: ProgrammingModel | undefined, file: string): ProgrammingModel {
  if (model === undefined) throw new Error(`${file} registers nothing with the Azure Functions worker.`);
  return model;
}

/** As the host's timer extension sends it. */
function timerInput({ bindings }: RegisteredFunction, { isPastDue }: TimerPayload) {
  const [name] = Object.keys(bindings);
  const status = { Last: '0001-01-01T00:00:00', Next: new Date(), LastUpdated: '0001-01-01T00:00:00' };
  const timer = { Schedule: { AdjustForDST: true }, ScheduleStatus: status, IsPastDue: isPastDue };
  return { name, data: { json: JSON.stringify(timer) } };
}

const disposable = (dispose: () => unknown) => ({ dispose });
