/** `node --import` this: the process lives CLOCK_AHEAD_MS later than its machine. */
const ahead = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], self) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + ahead] : args, self),
  get: (target, name, self) =>
    name === 'now' ? () => RealDate.now() + ahead : Reflect.get(target, name, self),
});
