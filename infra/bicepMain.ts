/**
 * `npm run bicep` judges the Bicep files: no warning of Microsoft's linter, and each deployment in
 * test/infra/snapshots as its snapshot says. `-- --write` writes the snapshots anew, `-- --install` fetches the compiler.
 */
import {
  compareSnapshot,
  DEPLOYMENTS,
  installCompiler,
  lint,
  MAIN,
  whyNoCompiler,
  writeSnapshot,
} from './bicep.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);

function judge(): void {
  if (process.argv.includes('--write')) DEPLOYMENTS.forEach(writeSnapshot);
  const problems = [lint(MAIN), ...DEPLOYMENTS.map((name) => compareSnapshot(name))].filter(
    (text) => text !== '',
  );
  if (problems.length > 0) {
    problems.push('Correct the Bicep files, or, where the change is wanted: npm run bicep -- --write');
    process.exitCode = 1;
  }
  say(problems.join('\n') || `${MAIN}: no warning, and ${DEPLOYMENTS.length} snapshots agree.`);
}

if (process.argv.includes('--install')) {
  installCompiler();
} else {
  const reason = whyNoCompiler();
  if (reason === undefined) judge();
  else say(`Skipped: ${reason}`);
}
