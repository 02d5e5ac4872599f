// The CDK app: reads the settings, bundles the functions and creates the stack.
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { bundleFunctions } from './bundling/bundle-function.ts';
import { readCommit } from './settings/commit.ts';
import { readSettings, type Settings, SettingsError } from './settings/settings.ts';
import { PasswordResetStack } from './stack.ts';

const app = new App();
const settings = readSettingsOrExit();
process.stderr.write(`Bundling the functions of the stage "${settings.stage}".\n`);
const bundles = await bundleFunctions(join(app.outdir, 'bundle', settings.stage));
new PasswordResetStack(app, `password-reset-${settings.stage}`, {
  settings,
  bundles,
  commit: readCommit(join(import.meta.dirname, '..')),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

function readSettingsOrExit(): Settings {
  try {
    return readSettings(app.node.getAllContext(), process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
