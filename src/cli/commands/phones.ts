/** `afterbeep phones`: with what SIP phones register at the proxy in front. */
import type { NewPhone, PhoneView } from "../../directory/index.ts";
import { cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import type { Command, Invocation } from "../command.ts";
import { phoneNumberArgument } from "../input.ts";
import { printOne, printRows } from "../output.ts";
import { withPlatform } from "../with-platform.ts";

const TITLES = ["Username", "PhoneNumber", "Name", "Realm", "CreatedOn", "RotatedOn"];

const phonesAdd: Command = {
	name: "phones add",
	summary: "Add a SIP phone to a number; shows its password once",
	positionals: [{ name: "NUMBER", required: true }],
	options: { ...DISTRIBUTOR_OPTION, name: { value: "TEXT", meaning: "what tells it from the number's other phones" } },
	details: `
The phone registers with this user and password at the SIP proxy in front (deploy/kamailio). All phones of a
number ring together. Only hashes are kept, for the realm of AFTERBEEP_PHONE_REALM.`,
	examples: ['afterbeep phones add +11234567890 --name "Desk"', "afterbeep phones add +11234567890 --json"],
	async run(invocation) {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		const realm = invocation.config().phoneRealm;
		return withPlatform(invocation, async ({ phones, operators }) => {
			const who = await cliPrincipal(operators, "phones add", invocation.value("distributor"));
			showPassword(invocation, await phones.add(who, number, { realm, name: invocation.value("name") }));
			return 0;
		});
	},
};

const phonesList: Command = {
	name: "phones list",
	summary: "List the SIP phones of a number, or of all",
	positionals: [{ name: "NUMBER", required: false }],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep phones list", "afterbeep phones list +11234567890 --json"],
	async run(invocation) {
		const [text] = invocation.positionals;
		const number = text === undefined ? undefined : phoneNumberArgument(text);
		return withPlatform(invocation, async ({ phones, operators }) => {
			const who = await cliPrincipal(operators, "phones list", invocation.value("distributor"));
			printRows(invocation, (await phones.list(who, number)).map(phoneView), TITLES, "No phones.");
			return 0;
		});
	},
};

const phonesRotate: Command = {
	name: "phones rotate",
	summary: "Give a SIP phone another password; the old one is void",
	positionals: [{ name: "USERNAME", required: true }],
	options: DISTRIBUTOR_OPTION,
	details: `
A proxy that keeps answers takes the old password for as long as it keeps them (30 s with deploy/kamailio).
A phone that is registered stays so until it would have to register again.`,
	examples: ["afterbeep phones rotate 11234567890-k3f9xa"],
	async run(invocation) {
		const realm = invocation.config().phoneRealm;
		return withPlatform(invocation, async ({ phones, operators }) => {
			const who = await cliPrincipal(operators, "phones rotate", invocation.value("distributor"));
			showPassword(invocation, await phones.rotate(who, invocation.positionals[0]!, { realm }));
			return 0;
		});
	},
};

const phonesRemove: Command = {
	name: "phones remove",
	summary: "Remove a SIP phone: it can not register any more",
	positionals: [{ name: "USERNAME", required: true }],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep phones remove 11234567890-k3f9xa"],
	async run(invocation) {
		return withPlatform(invocation, async ({ phones, operators }) => {
			const who = await cliPrincipal(operators, "phones remove", invocation.value("distributor"));
			const { username } = await phones.remove(who, invocation.positionals[0]!);
			if (invocation.json) invocation.terminal.json({ Username: username, Successful: true });
			else invocation.terminal.line(`${username} is removed.`);
			return 0;
		});
	},
};

export const phoneCommands: readonly Command[] = [phonesAdd, phonesList, phonesRotate, phonesRemove];

function phoneView(phone: PhoneView) {
	return {
		Username: phone.username,
		PhoneNumber: phone.phoneNumber,
		Name: phone.name === "" ? null : phone.name,
		Realm: phone.realm,
		CreatedOn: phone.createdOn.toISOString(),
		RotatedOn: phone.rotatedOn?.toISOString() ?? null,
	};
}

function showPassword(invocation: Invocation, phone: NewPhone): void {
	printOne(invocation, { ...phoneView(phone), Password: phone.password });
	if (!invocation.json) invocation.terminal.remark("Keep the password now: it can not be shown again.");
}
