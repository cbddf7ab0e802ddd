use serde_json::Value as Json;

use super::{
    methods::{Methods, parameters},
    what_if,
};
use crate::{
    city::{Area, City, Setting},
    domain::{Language, Title},
    export::ResultTable,
    query::{self, Answer, Input, QueryError, find_area, outline},
    reports::{
        Document, Question, Seal,
        document::{Builder, Table, Words},
        figure::{Drawing, Imprint, Map, MapArea},
        reporter::newest_import,
    },
};

/// A report as it is being written, with what every kind says about itself.
pub struct Draft<'c> {
    pub city: &'c City,
    pub question: Question,
    /// What it is about; the whole city without one.
    pub area: Option<&'c Area>,
    pub text: Builder,
    inputs: Vec<Input>,
    methods: Methods,
    /// Keys of columns, in the order of their first table.
    keys: Vec<String>,
}

impl<'c> Draft<'c> {
    /// # Errors
    /// No area has the code that was asked for.
    pub fn begin(city: &'c City, question: &Question) -> Result<Self, QueryError> {
        let words = Words(question.lang);
        let period = question.period.as_ref();
        let area = question
            .area
            .as_deref()
            .map(|code| find_area(city, code, period))
            .transpose()?;
        let mut draft = Draft {
            city,
            question: question.clone(),
            area,
            text: Builder::new(question.lang, String::new()),
            inputs: Vec::new(),
            methods: Methods::default(),
            keys: Vec::new(),
        };
        let kind = question.kind.title();
        let place = draft.place();
        let mut title = words.tell(
            || format!("{place}{}", kind.zh),
            || format!("{}: {place}", kind.en),
        );
        if let Some(scenario) = city.scenario() {
            title += &what_if::in_title(scenario, words);
        }
        draft.text = Builder::new(question.lang, title);
        let marking = Title {
            zh: city.setting(Setting::MarkingZh).to_owned(),
            en: city.setting(Setting::MarkingEn).to_owned(),
        };
        draft.text.mark(words.title(&marking));
        if city.is_synthetic() {
            draft
                .text
                .mark(words.say("合成数据", "Synthetic data").to_owned());
        }
        if let Some(scenario) = city.scenario() {
            draft.text.mark(what_if::mark(words));
            draft.text.finding(what_if::finding(scenario, words));
        }
        if let Some(watermark) = &question.watermark {
            draft.text.watermark(watermark.to_string());
        }
        Ok(draft)
    }

    pub fn words(&self) -> Words {
        Words(self.question.lang)
    }

    pub fn language(&self) -> Language {
        self.question.lang
    }

    /// What the report is about: the area with its city, or the city.
    pub fn place(&self) -> String {
        let words = self.words();
        let city = words.title(&self.city.title());
        match self.area {
            None => city,
            Some(area) => {
                let name = words.name(&area.name, area.name_en.as_deref());
                words.tell(|| name.clone(), || format!("{name}, {city}"))
            }
        }
    }

    /// The area alone, for sentences.
    pub fn subject(&self) -> String {
        let words = self.words();
        match self.area {
            None => words.say("全市", "The city").to_owned(),
            Some(area) => words.name(&area.name, area.name_en.as_deref()),
        }
    }

    /// What the area with a code is called; the code where there is none.
    pub fn area_name(&self, code: &str) -> String {
        let period = self.question.period.as_ref();
        let area = self.city.areas().find(self.city, code, period);
        area.map_or_else(
            || code.to_owned(),
            |area| self.words().name(&area.name, area.name_en.as_deref()),
        )
    }

    /// Notes what an answer was made from and how, for the last chapter.
    pub fn cite<R, T>(&mut self, title: &str, answer: &Answer<R, T>) {
        let words = self.words();
        for input in &answer.provenance.inputs {
            let is_same = |known: &Input| {
                known.layer == input.layer && known.reference_date == input.reference_date
            };
            if !self.inputs.iter().any(is_same) {
                self.inputs.push(input.clone());
            }
        }
        let skipped = ["口径与方法", "参数", "城市", "数据版本", "软件"];
        let definition = words.title(&answer.definition);
        let asked = self.asked(&answer.query);
        self.methods.ask(title.to_owned(), definition, asked);
        for (label, text) in query::notes(self.city.catalog(), answer) {
            if !skipped.contains(&label.zh.as_str()) {
                self.method(words.title(&label), words.title(&text));
            }
        }
    }

    /// Adds a note on the method once.
    pub fn method(&mut self, label: String, text: String) {
        self.methods.say(label, text);
    }

    /// The parameters of a question, a level by its name.
    fn asked(&self, query: &Json) -> Vec<(String, String)> {
        let catalog = self.city.catalog();
        let mut asked = parameters(query);
        for (key, value) in &mut asked {
            if let ("level", Some(layer)) = (key.as_str(), catalog.area_layer(value)) {
                *value = self.words().title(&layer.title);
            }
        }
        asked
    }

    /// Adds a table; its columns are explained in the last chapter.
    pub fn table(&mut self, table: Table) -> String {
        for column in &table.columns {
            if !self.keys.contains(&column.key) {
                self.keys.push(column.key.clone());
            }
        }
        self.text.table(table)
    }

    /// An empty table with columns under these keys, in the order given.
    pub fn new_table(&self, id: &str, title: String, keys: &[&str]) -> Table {
        Table::new(id, title, self.city.catalog(), self.language(), keys)
    }

    /// The same with columns as a result names them.
    pub fn choose_table(
        &self,
        id: &str,
        title: String,
        keys: &[&str],
        from: &ResultTable,
    ) -> Table {
        let catalog = self.city.catalog();
        Table::choosing(id, title, catalog, self.language(), keys, from)
    }

    /// Adds a figure whose values stand in the table of this number.
    pub fn figure(&mut self, title: String, drawing: Drawing, table: &str) -> String {
        let alternative = self.words().tell(
            || format!("{title}，数值见{table}"),
            || format!("{title}; values in {table}"),
        );
        self.text.figure(title, drawing, alternative)
    }

    /// Adds a map whose values stand in the table of this number, and its crowded part enlarged.
    pub fn map(&mut self, title: String, map: &Map, table: &str) -> String {
        let number = self.figure(title.clone(), map.draw(), table);
        if let Some(closer) = map.closer() {
            let title = self.words().tell(
                || format!("{title}：{number}虚线框内放大"),
                || format!("{title}: the part in the dashed frame of {number}, enlarged"),
            );
            self.figure(title, closer.draw(), table);
        }
        number
    }

    /// An area of a map, with its value as it is printed.
    pub fn map_area(&self, area: &Area, value: Option<f64>, print: fn(f64) -> String) -> MapArea {
        MapArea {
            shape: outline(self.city, area, self.question.period.as_ref()),
            place: area.place,
            value,
            name: self.words().name(&area.name, area.name_en.as_deref()),
            printed: value.map(print).unwrap_or_default(),
        }
    }

    /// What stands below every map.
    pub fn imprint(&self, inputs: &[Input]) -> Imprint {
        let words = self.words();
        // Each source once, with its dates.
        let mut sources: Vec<(String, Vec<String>)> = Vec::new();
        for input in inputs {
            let source = match input.source.is_empty() {
                true => words.title(&input.title),
                false => words.title(&input.source_title()),
            };
            let date = input.reference_date.to_string();
            match sources.iter_mut().find(|(known, _)| *known == source) {
                Some((_, dates)) if !dates.contains(&date) => dates.push(date),
                Some(_) => {}
                None => sources.push((source, vec![date])),
            }
        }
        let sources = sources.iter().map(|(source, dates)| {
            let dates = dates.join(words.say("、", ", "));
            words.tell(
                || format!("{source}（{dates}）"),
                || format!("{source} ({dates})"),
            )
        });
        let sources: Vec<String> = sources.collect();
        let list = sources.join(words.say("；", "; "));
        let approval = self.city.setting(Setting::ApprovalNumber);
        let none = words.say("未填", "not given");
        let number = if approval.is_empty() { none } else { approval };
        Imprint {
            source: words.tell(
                || format!("数据来源：{list}"),
                || format!("Sources: {list}"),
            ),
            approval: words.tell(
                || format!("审图号：{number}"),
                || format!("Map approval no.: {number}"),
            ),
            marks: self.text.marks().to_vec(),
        }
    }

    /// The last chapter, the title block and the footer; nothing is added afterwards.
    pub fn finish(mut self, software: &str) -> (Document, Seal) {
        let words = self.words();
        let data_version = self.city.version();
        self.title_block(data_version);
        self.text
            .heading(1, words.say("方法与数据说明", "Methods and data"));
        self.text.heading(
            2,
            words.say("口径、来源与参数", "Definitions, sources and parameters"),
        );
        let methods = std::mem::take(&mut self.methods);
        self.text.notes(methods.told(words));
        if let Some(scenario) = self.city.scenario() {
            let heading = words.say("方案的编辑", "Edits of the scenario");
            self.text.heading(2, heading);
            self.text.notes(what_if::edits(scenario, words));
        }
        self.text
            .heading(2, words.say("指标解释", "Meaning of the columns"));
        let catalog = self.city.catalog();
        let defined = self.keys.iter().filter_map(|key| catalog.term(key));
        let defined = defined.map(|term| (words.title(&term.title), words.title(&term.definition)));
        let defined: Vec<(String, String)> = defined.collect();
        self.text.notes(defined);
        self.text
            .heading(2, words.say("可核验信息", "For verification"));
        let mut document = self.text.done();
        let seal = Seal::of(&self.question, self.city, software, &document);
        let notes = vec![
            (words.say("数据版本", "Data version").to_owned(), data_version.to_string()),
            (words.say("软件", "Software").to_owned(), software.to_owned()),
            (words.say("校验码（SHA-256）", "Checksum (SHA-256)").to_owned(), seal.checksum.clone()),
            (
                words.say("核验方法", "How to verify").to_owned(),
                words
                    .say(
                        "本文件内嵌问题、数据版本与未舍入的全部数值。运行 suitu report --verify 文件名 --city 城市文件，\
                         程序按同一问题重新计算，逐格比较内嵌数值，再把文件中可见的文字（DOCX 的段落与域结果、XLSX 的单元格、HTML 全页）\
                         与重新生成的报告比较，说明相同或不同及首个不同之处；PDF 比较其全部字节与写成时的校验码。图片、颜色与字号等版式不在比较之列（HTML、PDF 除外）。",
                        "This file carries the question, the data version and every number before rounding. \
                         `suitu report --verify FILE --city CITY` asks the same question again, compares the numbers \
                         it carries cell by cell, then what the file shows (paragraphs and results of fields of a DOCX, cells of an XLSX, \
                         all of an HTML page) with the report written anew, and says same, or different and where first; of a PDF all bytes are held \
                         against their checksum as written. Pictures, colours and sizes are not compared (but in HTML and PDF).",
                    )
                    .to_owned(),
            ),
        ];
        document.blocks.push(crate::reports::Block::Notes(notes));
        document.footer = words.tell(
            || format!("数据版本 {data_version} · 校验码 {}", seal.short()),
            || format!("Data version {data_version} · checksum {}", seal.short()),
        );
        (document, seal)
    }

    fn title_block(&mut self, data_version: u64) {
        let words = self.words();
        let place = match self.area {
            None => self.place(),
            Some(area) => words.tell(
                || format!("{}（{}）", self.place(), area.code),
                || format!("{} ({})", self.place(), area.code),
            ),
        };
        self.text.fact(words.say("范围", "Area"), place);
        if let Some(scenario) = self.city.scenario() {
            let named = what_if::named(scenario, words);
            self.text.fact(words.say("方案", "Scenario"), named);
        }
        let mut dates: Vec<String> = self
            .inputs
            .iter()
            .map(|input| input.reference_date.to_string())
            .collect();
        dates.sort();
        dates.dedup();
        let asked = self.question.period.as_ref().map(ToString::to_string);
        let dates = asked.unwrap_or_else(|| words.list(&dates));
        self.text
            .fact(words.say("数据时点", "Reference dates"), dates);
        let caliber = self.caliber();
        self.text.fact(words.say("人口口径", "Population"), caliber);
        let updated = newest_import(self.city);
        let day = updated.get(..10).unwrap_or_default();
        let version = words.tell(
            || format!("{data_version}（{day} 更新）"),
            || format!("{data_version} (changed {day})"),
        );
        self.text
            .fact(words.say("数据版本", "Data version"), version);
        let marks = self.text.marks().join(" · ");
        self.text.fact(words.say("标识", "Marking"), marks);
    }

    /// What the population of the report is called.
    fn caliber(&self) -> String {
        let label = ["人口口径", "Caliber"];
        self.methods.of(&label).unwrap_or_default()
    }
}
