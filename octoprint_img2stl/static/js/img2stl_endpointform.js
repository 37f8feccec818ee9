(function (Img2Stl) {
    "use strict";

    const USERS = ["header", "basic", "login"]; // ways to log in that need a second field
    const PASSWORDS = ["basic", "login"];

    const key = (name) => "endpoint_" + name;
    const testId = (name) => "img2stl-endpoint-" + name.replace(/_/g, "-");
    const what = (name, more) => $.extend({key: key(name), testId: testId(name)}, more);

    const makeOption = function (option, limits) {
        const given = what("option_" + option.name, {
            label: option.label,
            help: option.help
        });
        const made = {
            choice: () =>
                new Img2Stl.Choice($.extend(given, {options: ko.observable(option.choices)})),
            number: () =>
                new Img2Stl.Field(
                    $.extend(given, {step: "any", optional: true}),
                    limits
                ),
            switch: () => new Img2Stl.Switch(given),
            long: () => new Img2Stl.Long(given),
            text: () => new Img2Stl.Text($.extend(given, {most: 1000}))
        };
        const field = (made[option.kind] || made.text)();
        field.name = option.name;
        field.advanced = option.advanced;
        return field;
    };

    // One endpoint while it is set up.
    //
    // given: as the server gives it, or a new one without id
    // facts: {drivers, auths, limits} of the server
    Img2Stl.EndpointForm = function (given, facts) {
        const self = this;
        const limits = ko.observable(
            _.mapKeys(facts.limits, (range, name) => key(name))
        );
        const saved = ko.observable(given);
        const tried = ko.observable(false); // nobody is told off for what is not filled in yet
        self.saved = saved;
        self.isNew = ko.pureComputed(() => !saved().id);

        //~~ who and where

        self.name = new Img2Stl.Text(
            what("name", {
                label: gettext("Name"),
                most: 60,
                help: gettext("What you call it where you choose who makes a solid.")
            })
        );
        self.name.localProblem = ko.pureComputed(() =>
            self.name.value().trim() || !tried()
                ? null
                : Img2Stl.problem(gettext("Give it a name."))
        );
        self.driver = new Img2Stl.Choice(
            what("driver", {
                label: gettext("What runs there"),
                help: ko.pureComputed(() => (driver() ? driver().description : "")),
                options: ko.observable(
                    facts.drivers.map((each) => ({value: each.name, label: each.label}))
                )
            })
        );
        const driver = ko.pureComputed(() =>
            facts.drivers.find((each) => each.name === self.driver.value())
        );
        self.driverLabel = ko.pureComputed(() => (driver() ? driver().label : ""));
        self.costsMoney = ko.pureComputed(() =>
            self.driver.value() === saved().driver
                ? saved().costs_money
                : !!driver() && driver().costs_money
        );

        const address = ko.pureComputed(() => Img2Stl.checkAddress(self.url.value()));
        self.url = new Img2Stl.Text(
            what("url", {
                label: gettext("Address"),
                most: 500,
                help: ko.pureComputed(
                    () =>
                        address().note ||
                        gettext("Such as http://192.168.1.20:8081 or https://example.org.")
                )
            })
        );
        self.url.localProblem = ko.pureComputed(function () {
            if (!self.url.value().trim()) {
                return tried() ? Img2Stl.problem(gettext("Say where it is.")) : null;
            }
            return address().problem ? Img2Stl.problem(address().problem) : null;
        });
        const isEncrypted = ko.pureComputed(() => /^\s*https:/i.test(self.url.value()));

        //~~ key

        self.auth = new Img2Stl.Choice(
            what("auth", {
                label: gettext("How to log in"),
                options: ko.observable(facts.auths),
                help: ko.pureComputed(() =>
                    saved().has_secret && self.auth.value() === "none"
                        ? gettext("The saved key is deleted when you save.")
                        : ""
                )
            })
        );
        const isPassword = ko.pureComputed(() => PASSWORDS.includes(self.auth.value()));
        self.user = new Img2Stl.Text(
            what("user", {
                label: ko.pureComputed(() =>
                    self.auth.value() === "header"
                        ? gettext("Name of the header")
                        : gettext("User name")
                ),
                most: 200,
                isShown: () => USERS.includes(self.auth.value())
            })
        );
        self.secret = new Img2Stl.Key(
            what("secret", {
                label: ko.pureComputed(() =>
                    isPassword() ? gettext("Password") : gettext("Key")
                ),
                help: gettext(
                    "It is sent to this address only, never shown again, and left out of backups."
                ),
                isShown: () => self.auth.value() !== "none"
            }),
            ko.pureComputed(() => !!saved().has_secret),
            ko.pureComputed(
                () => Img2Stl.originOf(self.url.value()) !== Img2Stl.originOf(saved().url)
            ),
            isPassword
        );

        //~~ what the driver asks for

        self.options = ko.observableArray([]);
        const offer = function (values) {
            const offered = driver() ? driver().options : [];
            self.options(
                offered.map(function (option) {
                    const field = makeOption(option, limits);
                    const value = values[option.name];
                    field.set(value === undefined ? option.default : value);
                    return field;
                })
            );
        };
        self.driver.value.subscribe(() =>
            offer(self.driver.value() === saved().driver ? saved().options : {})
        );
        self.plainOptions = ko.pureComputed(() =>
            self.options().filter((option) => !option.advanced)
        );
        self.advancedOptions = ko.pureComputed(() =>
            self.options().filter((option) => option.advanced)
        );

        //~~ rarely needed

        const number = (name, more) =>
            new Img2Stl.Field(what(name, $.extend({step: "any"}, more)), limits);
        self.ageLimit = number("age_limit_days", {
            label: gettext("Wait for it"),
            unit: gettext("days"),
            help: gettext("So long a job waits while it is switched off.")
        });
        self.deadline = number("deadline_min", {
            label: gettext("Time for a solid"),
            unit: gettext("min"),
            help: gettext("So long it may work on one; 0 is what is usual there.")
        });
        self.maxMb = number("max_mb", {
            label: gettext("Largest file"),
            unit: gettext("MB"),
            help: gettext("Larger solids are not taken.")
        });
        self.verifyTls = new Img2Stl.Switch(
            what("verify_tls", {
                label: gettext("Check its certificate"),
                help: ko.pureComputed(() =>
                    self.verifyTls.value()
                        ? ""
                        : gettext(
                              "Off: nobody knows then who it is that gets the photos and the key."
                          )
                ),
                isShown: isEncrypted
            })
        );
        self.caFile = new Img2Stl.Text(
            what("ca_file", {
                label: gettext("Certificate file"),
                most: 500,
                help: gettext(
                    "Full path on this machine of your own certificate authority; empty: those that are usual."
                ),
                isShown: () => isEncrypted() && self.verifyTls.value()
            })
        );
        self.rare = [
            self.ageLimit,
            self.deadline,
            self.maxMb,
            self.verifyTls,
            self.caFile
        ];
        self.first = [self.name, self.driver, self.url, self.auth, self.user, self.secret];
        self.shownFirst = Img2Stl.shown(self.first);
        self.shownRare = Img2Stl.shown(self.rare);

        //~~ in and out

        const numberOf = (field) => (field.value() === null ? undefined : field.value());
        const optionsToSend = function () {
            // what a preset or a later version set and this form does not show stays
            const same = self.driver.value() === saved().driver;
            const found = $.extend({}, same ? saved().options : {});
            self.options().forEach(function (option) {
                if (option.value() === null || option.value() === undefined) {
                    delete found[option.name];
                } else {
                    found[option.name] = option.value();
                }
            });
            return found;
        };
        self.toSend = () => ({
            name: self.name.value().trim(),
            driver: self.driver.value(),
            url: self.url.value().trim(),
            auth: self.auth.value(),
            user: self.user.isShown() ? self.user.value().trim() : "",
            verify_tls: self.verifyTls.value(),
            ca_file: self.caFile.value().trim(),
            age_limit_days: numberOf(self.ageLimit),
            deadline_min: numberOf(self.deadline),
            max_mb: numberOf(self.maxMb),
            options: optionsToSend()
        });
        const before = ko.observable("");
        self.take = function (endpoint) {
            saved(endpoint);
            self.name.set(endpoint.name);
            self.url.set(endpoint.url);
            self.auth.set(endpoint.auth);
            self.user.set(endpoint.user);
            self.verifyTls.set(endpoint.verify_tls);
            self.caFile.set(endpoint.ca_file);
            self.ageLimit.set(endpoint.age_limit_days);
            self.deadline.set(endpoint.deadline_min);
            self.maxMb.set(endpoint.max_mb);
            self.driver.set(endpoint.driver);
            offer(endpoint.options);
            self.secret.reset();
            before(JSON.stringify(self.toSend()));
        };
        self.isChanged = ko.pureComputed(
            () =>
                self.isNew() ||
                self.secret.toSend() !== undefined ||
                JSON.stringify(self.toSend()) !== before()
        );

        //~~ problems

        const all = () => [...self.first, ...self.options(), ...self.rare];
        // the field a problem is about: "endpoint.url", "endpoint.workflow"
        const fieldOf = function (problem) {
            const name = (problem.field || "").split(".").pop();
            return all().find(
                (field) =>
                    field.isShown() &&
                    (field.key === key(name) || field.key === key("option_" + name))
            );
        };
        self.problems = new Img2Stl.StepProblems(
            {forEach: (act) => all().forEach(act)},
            fieldOf
        );
        // the first field that cannot be sent so
        self.wrong = function () {
            tried(true);
            return all().find((field) => field.isShown() && field.localProblem());
        };

        self.take(given);
    };
})(window.Img2Stl);
