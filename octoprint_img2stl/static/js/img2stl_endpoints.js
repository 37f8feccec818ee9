(function (Img2Stl) {
    "use strict";

    const PASSWORD_NEEDED = "solid.password_needed";
    const HEADING = "#img2stl_endpoints_heading";

    // The part of the settings page where endpoints are set up: the list, the choice of a new
    // one, and the form for one of them. Each saves at once, apart from OctoPrint's settings.
    Img2Stl.EndpointSettings = function Img2StlEndpointSettingsViewModel(parameters) {
        const self = this;
        const loginState = parameters[0];
        const access = parameters[1];
        const client = OctoPrint.plugins.img2stl;

        self.view = ko.observable("list"); // list, presets or form
        self.loading = ko.observable(false);
        self.facts = ko.observable(null); // what the server offers
        self.problem = ko.observable(null); // with the list
        self.form = ko.observable(null);
        self.preset = ko.observable(null); // what the form began with
        self.busy = ko.observable(false); // something is being saved or deleted
        self.testing = ko.observable(null); // id of the one that is being tested
        self.announcement = ko.observable("");

        const list = new Img2Stl.Rows();
        self.rows = list.rows;
        self.isEmpty = ko.pureComputed(() => !!self.facts() && !list.items().length);
        self.mayChange = ko.pureComputed(() => !!self.facts() && self.facts().may_change);
        self.isFull = ko.pureComputed(
            () => !!self.facts() && list.items().length >= self.facts().most
        );
        self.notices = ko.pureComputed(() => (self.facts() ? self.facts().notices : []));

        self.load = function () {
            self.loading(true);
            self.problem(null);
            return client
                .getEndpoints()
                .done(function (answer) {
                    self.facts(answer);
                    list.take(answer.endpoints);
                })
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.loading(false));
        };

        //~~ one row of the list

        const driverOf = (item) =>
            self.facts().drivers.find((driver) => driver.name === item.driver) || {};
        self.driverLabel = (item) => driverOf(item).label || item.driver;
        self.keyText = function (item) {
            if (item.auth === "none") return gettext("without a key");
            return item.has_secret ? gettext("key saved") : gettext("key missing");
        };
        self.isTesting = (item) => self.testing() === item.id;
        // icon, label and words of the last test
        self.tested = function (item) {
            if (self.isTesting(item)) {
                return {
                    icon: "fas fa-spinner fa-spin",
                    label: gettext("Asking …"),
                    message: "",
                    when: ""
                };
            }
            const tested = item.tested;
            if (!tested) {
                return {
                    icon: "fas fa-question-circle",
                    label: gettext("Not tested yet"),
                    message: "",
                    when: ""
                };
            }
            return {
                icon: tested.ok
                    ? "fas fa-check-circle text-success"
                    : Img2Stl.severityIcon("error"),
                label: tested.ok
                    ? gettext("It answers")
                    : Img2Stl.failureKind(tested.kind),
                message: tested.message,
                when: formatTimeAgo(tested.at)
            };
        };
        self.abilitiesText = (item) =>
            item.tested && item.tested.ok
                ? Img2Stl.abilities(item.capabilities).join(" · ")
                : "";
        self.label = (text, item) => _.sprintf(text, {name: item.name});
        self.testLabel = (item) => self.label(gettext("Test %(name)s"), item);
        self.editLabel = (item) => self.label(gettext("Change %(name)s"), item);

        self.test = function (item) {
            if (self.testing()) return;
            self.testing(item.id);
            self.announcement(self.label(gettext("Asking %(name)s …"), item));
            return client
                .testEndpoint(item.id)
                .done(function (answer) {
                    const at = Date.now() / 1000;
                    list.put({
                        id: item.id,
                        tested: $.extend({}, answer, {at: at}),
                        capabilities: answer.capabilities || item.capabilities,
                        costs_money: answer.capabilities
                            ? answer.capabilities.costs_money
                            : item.costs_money
                    });
                    self.announcement(answer.message);
                })
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    self.announcement(problem.message);
                    (self.form() ? self.form().problems.show : self.problem)(problem);
                })
                .always(() => self.testing(null));
        };

        //~~ from view to view

        const goTo = function (selector) {
            Img2Stl.focus(selector);
            window.setTimeout(function () {
                const element = document.querySelector(selector);
                if (!element) return;
                (element.closest("li") || element).scrollIntoView({block: "nearest"});
            }, 0);
        };
        const show = function (view) {
            self.view(view);
            goTo(HEADING);
        };
        self.heading = ko.pureComputed(function () {
            if (self.view() === "presets") return gettext("What shall be added?");
            if (self.view() === "list") return gettext("Where full 3D is made");
            const form = self.form();
            if (!form) return "";
            return form.isNew()
                ? gettext("New endpoint")
                : self.label(gettext("Endpoint %(name)s"), form.saved());
        });
        self.showPresets = () => withPassword(() => show("presets"));
        self.backToList = function () {
            const form = self.form();
            const id = form && form.saved().id;
            self.form(null);
            self.isAskedToDelete(false);
            self.view("list");
            goTo(
                id ? "#img2stl_endpoint_" + id + " .img2stl-edit" : "#img2stl_endpoint_add"
            );
        };
        self.cancel = function () {
            if (self.view() === "form" && self.form().isNew() && self.preset()) {
                self.form(null);
                show("presets");
            } else {
                self.backToList();
            }
        };
        self.cancelText = ko.pureComputed(() =>
            self.form() && self.form().isChanged()
                ? gettext("Discard changes")
                : gettext("Back to the list")
        );
        self.dismissByEscape = function (data, event) {
            if (event.key !== "Escape" || self.view() === "list") return true;
            // the dialog around would close at this key, and take along what was typed
            event.stopPropagation();
            if (event.type === "keydown") return true;
            if (self.isAskedToDelete()) {
                self.keepAfterAll();
            } else if (self.view() === "presets" || !self.form().isChanged()) {
                self.cancel(); // nothing is lost by it
            }
            return false;
        };

        //~~ presets

        const group = (name, label, presets) => ({
            name: name,
            label: label,
            presets: presets
        });
        self.groups = ko.pureComputed(function () {
            const facts = self.facts();
            if (!facts) return [];
            const [cloud, own] = _.partition(facts.presets, (preset) => preset.cloud);
            return [
                group("own", gettext("On a computer of your own"), own),
                group("cloud", gettext("At a service on the internet"), cloud)
            ].filter((each) => each.presets.length);
        });
        const freeName = function (label) {
            const taken = list.items().map((item) => item.name.toLowerCase());
            let name = label;
            for (let number = 2; taken.includes(name.toLowerCase()); number++) {
                name = _.sprintf("%s %d", label, number);
            }
            return name;
        };
        self.choose = function (preset) {
            self.preset(preset);
            self.form(
                new Img2Stl.EndpointForm(
                    {
                        id: null,
                        name: freeName(preset.label).slice(0, 60),
                        driver: preset.driver,
                        url: preset.url,
                        auth: preset.auth,
                        user: "",
                        verify_tls: true,
                        ca_file: "",
                        age_limit_days: 7,
                        deadline_min: 0,
                        max_mb: 300,
                        options: preset.options,
                        costs_money: preset.costs_money,
                        has_secret: false
                    },
                    self.facts()
                )
            );
            show("form");
        };

        //~~ the form

        self.edit = (item) =>
            withPassword(function () {
                self.preset(null);
                self.form(new Img2Stl.EndpointForm(item, self.facts()));
                show("form");
            });
        // the row of what is in the form, with its last test
        self.shownRow = ko.pureComputed(function () {
            const id = self.form() && self.form().saved().id;
            return id ? list.items().find((item) => item.id === id) || null : null;
        });
        self.testText = ko.pureComputed(() =>
            self.form() && self.form().isChanged()
                ? gettext("Save and test")
                : gettext("Test connection")
        );

        // the server wants a password that was given just now: asked for before, and once
        // more when the server thinks otherwise
        const withPassword = (act) => loginState.reauthenticateIfNecessary(act);
        const sent = function (request, again) {
            self.busy(true);
            const form = self.form();
            form.problems.forget();
            return request()
                .fail(function (xhr) {
                    const problem = Img2Stl.failure(xhr);
                    if (problem.code === PASSWORD_NEEDED && again) {
                        loginState.forceReauthentication(again);
                        return;
                    }
                    form.problems.goTo(form.problems.show(problem));
                    self.announcement(problem.message);
                })
                .always(() => self.busy(false));
        };
        const save = function (then, again) {
            const form = self.form();
            const wrong = form.wrong();
            if (wrong) {
                form.problems.goTo(wrong);
                return;
            }
            const id = form.saved().id;
            const secret = form.secret.isShown() ? form.secret.toSend() : undefined;
            const request = () =>
                id
                    ? client.changeEndpoint(id, form.toSend(), secret)
                    : client.addEndpoint(form.toSend(), secret);
            const retry = again ? () => save(then, false) : null;
            withPassword(() =>
                sent(request, retry).done(function (answer) {
                    const known = list.get(answer.endpoint.id);
                    if (known) {
                        list.put(answer.endpoint);
                    } else {
                        list.take([...list.items(), answer.endpoint]);
                    }
                    form.take(answer.endpoint);
                    self.announcement(gettext("The endpoint is saved."));
                    then(answer.endpoint);
                })
            );
        };
        self.save = () => save(self.backToList, true);
        self.saveAndTest = function () {
            const form = self.form();
            if (form.isChanged()) {
                save((endpoint) => self.test(endpoint), true);
            } else {
                self.test(form.saved());
            }
        };

        //~~ deleting

        self.isAskedToDelete = ko.observable(false);
        self.askToDelete = function () {
            self.isAskedToDelete(true);
            Img2Stl.focus("#img2stl_endpoint_delete_yes");
        };
        self.keepAfterAll = function () {
            self.isAskedToDelete(false);
            Img2Stl.focus("#img2stl_endpoint_delete");
        };
        const remove = function (again) {
            const id = self.form().saved().id;
            const retry = again ? () => remove(false) : null;
            withPassword(() =>
                sent(() => client.removeEndpoint(id), retry).done(function () {
                    list.drop(id);
                    self.form(null);
                    self.backToList();
                    self.announcement(gettext("The endpoint is deleted."));
                })
            );
        };
        self.remove = () => remove(true);
        self.askDeleteText = ko.pureComputed(() =>
            self.form()
                ? self.label(
                      gettext(
                          "Delete %(name)s with its key? Jobs that wait for it will not be made."
                      ),
                      self.form().saved()
                  )
                : ""
        );

        //~~ what OctoPrint calls

        self.onSettingsShown = function () {
            if (!loginState.hasPermission(access.permissions.SETTINGS)) return;
            self.load(); // a form that was left open stays as it is
        };
        // nothing that was typed as a key stays behind a closed dialog
        self.onSettingsHidden = function () {
            if (self.form()) self.form().secret.reset();
            self.isAskedToDelete(false);
        };
    };

    OCTOPRINT_VIEWMODELS.push({
        construct: Img2Stl.EndpointSettings,
        dependencies: ["loginStateViewModel", "accessViewModel"],
        elements: ["#settings_plugin_img2stl_endpoints"]
    });
})(window.Img2Stl);
