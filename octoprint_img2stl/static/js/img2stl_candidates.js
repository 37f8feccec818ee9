(function (Img2Stl) {
    "use strict";

    const ENDED = ["done", "failed", "cancelled", "unsure"];
    const PAID_TWICE = "solid.may_be_paid_twice";

    // The solids of a job side by side, to compare them and to choose one.
    Img2Stl.Candidates = function (root) {
        const self = this;
        const list = new Img2Stl.Rows();
        const isActive = (candidate) => !ENDED.includes(candidate.state);
        self.isActive = isActive;
        self.items = list.items;
        // what is being made is shown above of them; the newest first
        self.rows = ko.pureComputed(() =>
            list
                .rows()
                .filter((row) => !isActive(row.data()))
                .reverse()
        );
        self.count = ko.pureComputed(() => self.rows().length);
        self.take = (job) =>
            list.take(
                ((job && job.candidates) || []).map((candidate) =>
                    $.extend({id: candidate.number}, candidate)
                )
            );

        //~~ one of them, in words

        const named = (text, candidate) =>
            _.sprintf(text, {number: candidate.number});
        self.testId = (candidate) => "img2stl-candidate-" + candidate.number;
        self.elementId = (candidate) => "img2stl_candidate_" + candidate.number;
        self.title = (candidate) => named(gettext("Solid %(number)d"), candidate);
        const views = [
            {name: "front", alt: gettext("Solid %(number)d from the front")},
            {name: "side", alt: gettext("Solid %(number)d from the side")},
            {name: "back", alt: gettext("Solid %(number)d from the back")}
        ];
        self.pictures = (candidate) =>
            (candidate.pictures || []).map((url, at) => ({
                url: Img2Stl.url(url),
                name: "img2stl-candidate-" + views[at].name,
                alt: named(views[at].alt, candidate)
            }));
        self.isDone = (candidate) => candidate.state === "done";
        self.stateText = (candidate) =>
            ({
                failed: gettext("Failed"),
                cancelled: gettext("Cancelled"),
                unsure: gettext("Maybe charged")
            }[candidate.state] || "");
        self.stateClass = (candidate) =>
            ({failed: "label-important", unsure: "label-warning"}[candidate.state] || "");
        self.source = function (candidate) {
            const told = [candidate.label];
            const detail = root.solid.options.labelOf(
                root.solid.options.detail,
                candidate.detail
            );
            if (detail) told.push(detail);
            if (root.solid.generators.hasSeeds(candidate.endpoint)) {
                told.push(
                    _.sprintf(gettext("seed %(seed)s"), {seed: String(candidate.seed)})
                );
            }
            return told.join(" · ");
        };
        self.facts = function (candidate) {
            const mesh = candidate.mesh;
            if (!mesh) return "";
            const told = [
                _.sprintf(gettext("%(count)s triangles"), {
                    count: Img2Stl.number(mesh.triangles, 0)
                })
            ];
            if (candidate.seconds) {
                told.push(
                    _.sprintf(gettext("made in %(time)s"), {
                        time: Img2Stl.shortTime(candidate.seconds)
                    })
                );
            }
            return told.join(" · ");
        };
        self.findings = (candidate) =>
            (candidate.findings || []).concat(
                (candidate.mesh && candidate.mesh.notices) || []
            );
        const can = (candidate, what) =>
            root.can("create") && !!(candidate.can && candidate.can[what]);
        self.canChoose = (candidate) => can(candidate, "choose") && !candidate.chosen;
        self.canResend = (candidate) => can(candidate, "resend");
        self.canDelete = (candidate) => can(candidate, "delete");
        self.isUnsure = (candidate) => candidate.state === "unsure";
        self.chooseLabel = (candidate) =>
            named(gettext("Choose solid %(number)d"), candidate);
        self.deleteLabel = (candidate) =>
            named(gettext("Delete solid %(number)d"), candidate);
        self.askDeleteText = (candidate) =>
            named(gettext("Delete solid %(number)d?"), candidate);

        //~~ actions

        const rowOf = (number) => "#img2stl_candidate_" + number;
        self.deleting = new Img2Stl.Confirmation(rowOf, ".img2stl-candidate-delete");
        self.resending = new Img2Stl.Confirmation(rowOf, ".img2stl-candidate-resend");
        self.busy = ko.observable(null); // number of the one that something is done with

        const client = () => OctoPrint.plugins.img2stl;
        const act = function (candidate, request) {
            if (self.busy() !== null) return $.Deferred().reject();
            const id = root.job().id;
            self.busy(candidate.number);
            return request(id)
                .done(function (answer) {
                    if (!root.job() || root.job().id !== id) return;
                    root.adopt(answer.job, {stay: true});
                    root.stepper.recoverFocus();
                })
                .fail(function (xhr) {
                    if (Img2Stl.failure(xhr).code === PAID_TWICE) {
                        self.resending.ask(candidate.number);
                    } else {
                        root.complain(xhr);
                    }
                })
                .always(() => self.busy(null));
        };
        self.choose = (candidate) =>
            act(candidate, (id) => client().chooseCandidate(id, candidate.number));
        self.askDelete = (candidate) => self.deleting.ask(candidate.number);
        self.remove = function (candidate) {
            self.deleting.forget();
            act(candidate, (id) => client().deleteCandidate(id, candidate.number));
        };
        const resend = (candidate, agreed) =>
            act(candidate, (id) =>
                client().resendCandidate(id, candidate.number, agreed)
            ).done(() => Img2Stl.focus("#img2stl_generating"));
        self.resend = function (candidate) {
            if (self.isUnsure(candidate)) {
                self.resending.ask(candidate.number);
            } else {
                resend(candidate, false);
            }
        };
        self.resendAgreed = function (candidate) {
            self.resending.forget();
            resend(candidate, true);
        };
    };
})(window.Img2Stl);
