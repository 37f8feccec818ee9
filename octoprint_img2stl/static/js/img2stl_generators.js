(function (Img2Stl) {
    "use strict";

    const LOCAL = "local";

    Img2Stl.roleLabel = function (root, role) {
        const known = ((root.state() && root.state().choices) || {}).solid || {};
        const found = (known.roles || []).find((each) => each.value === role);
        return found ? found.label : role;
    };

    // roughly, for people who wait
    Img2Stl.shortTime = function (seconds) {
        return seconds < 90
            ? _.sprintf(gettext("%(seconds)d s"), {
                  seconds: Math.max(1, Math.round(seconds))
              })
            : Img2Stl.duration(seconds);
    };

    // What makes the solid: this machine, or one of the endpoints.
    Img2Stl.Generators = function (root, solid) {
        const self = this;
        self.chosenId = ko.observable(LOCAL);
        self.choose = (id) => self.chosenId(id || LOCAL);

        const list = ko.pureComputed(
            () => (root.state() && root.state().generators) || []
        );
        const find = (id) => list().find((generator) => generator.id === id) || null;
        self.chosen = ko.pureComputed(() => find(self.chosenId()));
        self.isLocal = ko.pureComputed(() => self.chosenId() === LOCAL);
        // what the chosen one can do
        self.abilities = ko.pureComputed(
            () => (self.chosen() && self.chosen().capabilities) || {}
        );
        self.costsMoney = ko.pureComputed(
            () => !!self.chosen() && !!self.chosen().costs_money
        );
        // of one that may be gone meanwhile
        self.hasSeeds = function (id) {
            const generator = find(id);
            return !!generator && !!(generator.capabilities || {}).seed;
        };
        self.hasEndpoints = ko.pureComputed(() =>
            list().some((generator) => generator.id !== LOCAL)
        );

        // why it cannot be chosen, or an empty text
        self.refusal = function (generator) {
            if (!generator) {
                return gettext("This endpoint is gone. Choose something else.");
            }
            if (generator.id === LOCAL) return "";
            if (!root.can("remote")) {
                return gettext(
                    "You may not send photos away. Ask the administrator for that permission."
                );
            }
            if (generator.ready) return "";
            return (
                (generator.problem && generator.problem.message) ||
                gettext("It is not ready.")
            );
        };
        self.problem = ko.pureComputed(() => self.refusal(self.chosen()));
        // the server knows it, too; this is until it says so
        const agreedHosts = ko.observableArray([]);
        self.noteAgreed = (host) => agreedHosts.push(host);
        self.isAgreed = (generator) =>
            !!generator.agreed || agreedHosts().includes(generator.host);
        self.isGone = ko.pureComputed(() => !!list().length && !self.chosen());

        //~~ in words

        const abilityTexts = function (generator) {
            const can = generator.capabilities;
            const texts = [];
            if (!can) {
                return [gettext("What it can do shows once the connection was tested.")];
            }
            texts.push(
                can.views_max > 1
                    ? _.sprintf(gettext("takes up to %(count)d photos"), {
                          count: can.views_max
                      })
                    : gettext("takes one photo")
            );
            if (can.views_max > 1 && (can.roles || []).length > 1) {
                texts.push(gettext("tells the sides apart"));
            }
            if (can.seed) texts.push(gettext("makes another one with each seed"));
            if (can.faces) texts.push(gettext("number of triangles can be chosen"));
            if (can.removes_background) texts.push(gettext("cuts the subject out itself"));
            return texts;
        };
        const usualText = function (generator) {
            const seconds = (generator.usual_s || {})[solid.options.detail.value()];
            if (!seconds) return "";
            return _.sprintf(gettext("usually about %(time)s"), {
                time: Img2Stl.shortTime(seconds)
            });
        };
        const isLocal = (generator) => generator.id === LOCAL;
        self.cards = ko.pureComputed(() =>
            list().map((generator) => ({
                id: generator.id,
                inputId: "img2stl_generator_" + generator.id,
                noteId: "img2stl_generator_note_" + generator.id,
                testId: "img2stl-generator-" + generator.id,
                icon: isLocal(generator) ? "fas fa-home" : "fas fa-server",
                label: generator.label,
                host: generator.host || "",
                text: isLocal(generator)
                    ? gettext(
                          "An inflated outline, or what several outlines leave of a block: not a reconstruction. Nothing leaves this machine."
                      )
                    : "",
                abilities: abilityTexts(generator).join(" · "),
                isFree: isLocal(generator),
                costs: !!generator.costs_money,
                usual: usualText(generator),
                isPlain: !!generator.plain,
                refusal: self.refusal(generator)
            }))
        );
        self.isChosen = (card) => card.id === self.chosenId();

        //~~ where endpoints are set up

        self.canSetUp = ko.pureComputed(() => root.can("settings"));
        self.setUp = () => root.settingsView.show("settings_plugin_img2stl");
        self.setUpText = ko.pureComputed(() =>
            self.hasEndpoints()
                ? gettext("Endpoints in the settings")
                : gettext("Add an endpoint in the settings")
        );
    };

    // Which photos a generator leaves out, and why: {number: sentence}.
    //
    // views: [{number, role}] in the order in which they count
    Img2Stl.unusedViews = function (generator, views) {
        const can = (generator && generator.capabilities) || null;
        const unused = {};
        if (!can) return unused;
        const named = (text, values) =>
            _.sprintf(text, $.extend({name: generator.label}, values));
        const front = views.find((view) => view.role === "front") || views[0];
        const seen = {};
        let room = can.views_max;
        views.forEach(function (view) {
            if (can.views_max === 1) {
                if (view !== front) {
                    unused[view.number] = named(
                        gettext("Not used: %(name)s takes one photo only, the front.")
                    );
                }
            } else if ((can.roles || []).length && !can.roles.includes(view.role)) {
                unused[view.number] = named(
                    gettext("Not used: %(name)s has no use for this side.")
                );
            } else if ((can.roles || []).length && seen[view.role]) {
                unused[view.number] = named(
                    gettext("Not used: %(name)s takes one photo of each side.")
                );
            } else if (room < 1) {
                unused[view.number] = named(
                    gettext("Not used: %(name)s takes %(count)d photos at most."),
                    {count: can.views_max}
                );
            } else {
                seen[view.role] = true;
                room -= 1;
            }
        });
        return unused;
    };
})(window.Img2Stl);
