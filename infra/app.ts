// The CDK app: reads the settings, bundles the functions and creates the stack.
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { bundleFunctions } from './bundling/bundle-function.ts';
import { readCommit } from './settings/commit.ts';
import { readSettingsOrExit } from './settings/settings.ts';
import { PasswordResetStack } from './stack.ts';

const app = new App();
const settings = readSettingsOrExit(app.node.getAllContext(), process.env);
process.stderr.write(`Bundling the functions of the stage "${settings.stage}".\n`);
// The CDK's command line does not say whether this is a deployment, and would look for credentials only after the bundling.
if (!settings.isLocal && !process.env.CDK_DEFAULT_ACCOUNT)
  process.stderr.write('There are no AWS credentials: the stage can be synthesized, but not deployed.\n');
const bundles = await bundleFunctions(join(app.outdir, 'bundle', settings.stage));
new PasswordResetStack(app, `password-reset-${settings.stage}`, {
  settings,
  bundles,
  commit: readCommit(join(import.meta.dirname, '..')),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
