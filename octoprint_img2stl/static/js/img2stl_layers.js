(function (Img2Stl) {
    "use strict";

    const SAME_MM = 0.001;

    // What of a slice is chosen at its layers, as the job's slicing has it.
    Img2Stl.LayerChoice = function () {
        const self = this;
        self.changes = ko.observableArray([]);
        self.command = ko.observable();
        self.firstLayers = ko.observable(0);

        self.fromJson = function (slicing) {
            self.changes((slicing.changes || []).slice());
            self.command(slicing.change_command);
            self.firstLayers(slicing.first_layers || 0);
        };
        self.toJson = () => ({
            changes: self
                .changes()
                .slice()
                .sort((a, b) => a - b),
            change_command: self.command(),
            first_layers: self.firstLayers()
        });

        // in words, to be taken back: {text, remove}
        self.changeRows = ko.pureComputed(() =>
            self.toJson().changes.map((height) => ({
                text: _.sprintf(gettext("Another filament from %(height)s on"), {
                    height: Img2Stl.withUnit(height, gettext("mm"))
                }),
                remove: () => self.changes.remove(height)
            }))
        );
        self.isCut = ko.pureComputed(() => self.firstLayers() > 0);
        self.cutRow = ko.pureComputed(() => ({
            text: _.sprintf(
                ngettext(
                    "Only the first layer is printed",
                    "Only the first %(count)s layers are printed",
                    self.firstLayers()
                ),
                {count: Img2Stl.number(self.firstLayers(), 0)}
            ),
            remove: () => self.firstLayers(0)
        }));
        self.rows = ko.pureComputed(() =>
            self.changeRows().concat(self.isCut() ? self.cutRow() : [])
        );
    };

    // What is done with the layers: another filament from one on, or only the first ones.
    // layer: observable, the one that is looked at, from 1.
    Img2Stl.LayerChanges = function (root, result, layer) {
        const self = this;
        const job = root.job;
        const slicing = () => (job() && job().params && job().params.slicing) || {};
        const heights = ko.pureComputed(() => (result() && result().heights) || []);
        const height = ko.pureComputed(() => heights()[Number(layer()) - 1]);

        const choice = new Img2Stl.LayerChoice();
        self.command = choice.command;
        self.commands = ko.pureComputed(
            () => ((root.state() || {}).choices || {}).change_command || []
        );
        self.reset = () => choice.fromJson(slicing());
        const saved = ko.pureComputed(() => ({
            changes: slicing().changes || [],
            change_command: slicing().change_command,
            first_layers: slicing().first_layers || 0
        }));
        const key = ko.pureComputed(() => JSON.stringify([job() && job().id, saved()]));
        key.subscribe(self.reset);

        self.isDirty = ko.pureComputed(() => !_.isEqual(saved(), choice.toJson()));

        //~~ another filament

        const isSame = (one, other) => Math.abs(one - other) < SAME_MM;
        const isFirst = ko.pureComputed(
            () => height() === undefined || isSame(height(), heights()[0])
        );
        const isChanged = ko.pureComputed(() =>
            choice.changes().some((each) => isSame(each, height()))
        );
        self.canChange = ko.pureComputed(() => !isFirst() && !isChanged());
        self.addChange = () => choice.changes.push(height());
        self.rows = choice.changeRows;

        //~~ the first layers alone

        self.isCut = choice.isCut;
        self.canCut = ko.pureComputed(
            () => !self.isCut() && Number(layer()) < heights().length
        );
        self.cut = () => choice.firstLayers(Number(layer()));
        self.cutRow = choice.cutRow;

        //~~ slicing again with it

        self.sending = ko.observable(false);
        self.isShown = ko.pureComputed(
            () =>
                (heights().length > 1 || self.isCut()) &&
                root.can("create") &&
                !!(job().can || {}).make
        );
        self.apply = function () {
            const open = job();
            const params = $.extend({}, open.params, {
                slicing: $.extend({}, open.params.slicing, choice.toJson())
            });
            self.sending(true);
            OctoPrint.plugins.img2stl
                .make(open.id, params)
                .done(function (answer) {
                    // the step in which it is shaped is not filled anew
                    [root.shape, root.meshShape].forEach((step) =>
                        step.slicing.layers.fromJson(params.slicing)
                    );
                    root.adopt(answer.job);
                })
                .fail((xhr) => root.complain(xhr))
                .always(() => self.sending(false));
        };
    };
})(window.Img2Stl);
