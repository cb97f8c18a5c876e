"""The phrases for each concept, folded: what keys and sentences call things.

`LATIN` is English, Spanish, French and Chinese in Latin letters, phrases separated by commas.
`HAN` is Chinese. The concepts are the categories, the halves of a bank pair, "tin" (a tax number of
either kind), "member" (confirms only beside an issuer of health cover), "veto" (any other noun)
and "idle" (a turn of speech that names nothing).
"""

LATIN = {
    "ssn": """
        ssn, social security, social security number, social sec, soc sec, social insurance,
        ss number, social number, ss no, socsec, socialsecurity, taxpayer ssn, seguro social,
        numero de seguro social, nss, securite sociale, numero de securite sociale, secu, nir,
        my social, your social, full social, her social, his social,
        their social, the social, social is, social was, social ends,
        shehui anquan, shebao hao, shehui baoxian hao""",
    "itin": """
        itin, individual taxpayer, individual taxpayer identification, taxpayer identification,
        individual tax id, identificacion personal del contribuyente,
        identificacion del contribuyente, contribuable, identification du contribuable,
        contribuyente, geren nashui, nashuiren, nashui shibie, w7, w 7""",
    "tin": """
        tin, tax id, taxpayer id, tax identification, tax number, nif, fiscal id, shuihao,
        tax payer""",
    "credit_card": """
        credit card, card, card number, cc, ccn, ccnum, pan, debit card, payment card, visa,
        mastercard, amex, american express, discover, cardno, card no, primary account number,
        tarjeta, tarjeta de credito, tarjeta de debito, numero de tarjeta, carte,
        carte bancaire, carte bleue, carte de credit, numero de carte, xinyongka, kahao,
        yinhangka, creditcard, bank card, cb, plastic, cardnumber, diners, jcb, unionpay,
        payment method, billing card""",
    "routing": """
        routing, routing number, aba, rtn, transit number, aba routing, routing transit,
        bank code, ruta, numero de ruta, enrutamiento, transito, acheminement, routage,
        numero de routage, luyou, transit routing, routingno, rdfi, abanumber, bank routing,
        codigo de ruta, ruta bancaria, code guichet, luxian""",
    "account": """
        account, account number, acct, acc, acct no, bank account, checking, savings,
        checking account, savings account, dda, cuenta, numero de cuenta, cuenta bancaria,
        compte, numero de compte, cta, compte bancaire, zhanghao, zhanghu, accountno, acctnum,
        deposit account, beneficiary account, cuenta corriente, compte courant,
        yinhang zhanghao, iban""",
    "phone": """
        phone, telephone, tel, mobile, cell, cellphone, fax, whatsapp, call, call me, call us,
        text me, dial, msisdn, sms to, reach me at, reach me, reach us, contact number,
        phone number, callback, hotline, toll free, ring me, landline, handset number, telefono,
        movil, celular, llamar, llamame, llameme, llame, marque, telephonique, portable,
        appeler, appelez, appelle, rappeler, rappelez, joindre, mon numero de tel,
        numero de telephone, gsm, dianhua, shouji, shoujihao, lianxi dianhua, ph, mob, tlf,
        tfno, voicemail, phonenum, texting, sms me, contacto telefonico, telf, joignable,
        answering at, messages to, message to, number to reach, best number, contact no,
        evening number, day number""",
    "email": """
        email, e mail, mail, mailbox, correo, correo electronico, courriel, mel, youxiang,
        mailto, adresse mail, email address, mail to""",
    "passport": """
        passport, pass port, passport number, passport no, passport card, pasaporte, passeport,
        huzhao, huzhao hao, passportno, pasport, travel document, ppt no, documento de viaje,
        passnum, passport card number, passport number card,
        document de voyage, pasaporte estadounidense, passport book""",
    "drivers_license": """
        driver license, drivers license, driver s license, driving license, dl, dln, dl number,
        dlno, license, licence, driver licence, drivers licence, driving licence, licencia,
        licencia de conducir, licencia de manejo, permiso de conducir, carnet de conducir,
        conducir, permis, permis de conduire, conduire, jiazhao, jiashizheng, driver id,
        drivers id, op license, operator license, driverlic, drv lic, drivers lic, driver lic,
        jiashi zhengzhao, lic no, dmv""",
    "member_id": """
        medicare, medicaid, mbi, hicn, insurance id, subscriber id, subscriber number,
        insurance number, health plan id, health plan number, plan member, medicare number,
        medicaid id, insurance member, insurance policy, health insurance, insurance card,
        policy holder, policyholder, insured id, beneficiary id, poliza, numero de poliza,
        numero de afiliado, afiliado, asegurado, aseguradora, seguro medico, seguro de salud,
        assurance maladie, numero d assure, assure, mutuelle, numero d adherent, adherent,
        carte vitale, baoxian hao, yibao, canbao, medi cal, medical plan, health plan, hmo id,
        enrollee id, enrollee, coverage id, plan id, insurance card number, insurance card no,
        health card, health card number, insurance card id, medical card number""",
    "member": """
        member id, member number, member, member no, membership, policy, policy number,
        policy no, beneficiary, subscriber, miembro, socio, membre, huiyuan, baodan,
        numero de miembro, memberno""",
    "idle": """
        whole time, this time, last time, on time, next time, first time, any time, same time,
        in time, time being, in case, just in case, in order, in order to, in the process,
        to date, up to date, en caso, esta vez, a tiempo, cette fois, en cas""",
    "veto": """
        order, order number, order id, pedido, orden, commande, purchase, po number, invoice,
        factura, facture, facturation, receipt, recibo, recu, tracking, rastreo, seguimiento,
        suivi, shipment, envio, expedition, parcel, paquete, colis, package, pkg, waybill, awb,
        consignment, sku, part, part number, part no, pieza, piece, serial, serial number,
        serie, model, modelo, modele, product, producto, produit, item, articulo, article, asin,
        catalog, catalogo, catalogue, coupon, cupon, promo, promo code, voucher, gift card,
        gift, tarjeta de regalo, carte cadeau, discount, descuento, gtin, ean, upc, barcode,
        isbn, issn, lot, lote, batch, ticket, case, caso, dossier, booking, reserva,
        reservation, pnr, locator, localizador, confirmation, confirmacion, reference,
        referencia, ref, ref no, session, sesion, sid, device, device id, dispositivo, appareil,
        timestamp, ts, time, datetime, epoch, hora, heure, horodatage, date, fecha, dob, birth,
        birthday, expiry, ip, ip address, addr ip, price, precio, prix, amount, importe,
        montant, total, subtotal, sum, cost, balance, saldo, solde, revenue, coordinate,
        coordinates, lat, latitude, lng, lon, longitude, latitud, longitud, geo, coordenadas,
        coordonnees, version, build, release, short code, shortcode, codigo corto, plate, placa,
        matricula, plaque, immatriculation, license plate, licence plate, vin, vehicle, chassis,
        handle, username, image, img, imagen, photo, repo, repository, commit, hash, checksum,
        sha, md5, token, vault, trace, span, request, req, requestid, correlation, uuid, guid,
        claim, siniestro, sinistre, group, grupo, groupe, rxbin, bin, pcn, rxgrp, payer, payor,
        mrn, medical record, patient, patient file, chart, expediente, historia clinica,
        customer id, client id, clientid, cliente id, numero de cliente, numero client, loyalty,
        rewards, points, fidelidad, fidelite, frequent flyer, npi, ein, fein, employer id, zip,
        postal, postcode, codigo postal, code postal, imei, imsi, iccid, sim, sim card,
        transfer, transferencia, virement, wire, transaction, transaccion, txn, txid,
        transaction id, meter, contador, compteur, user id, userid, uid, usuario id, visitor id,
        visitorid, account id, cid, ga, gclid, fbclid, campaign, campana, campagne, ad id,
        asset, stock, inventory, inventario, quantity, qty, cantidad, size, count, width,
        height, weight, peso, duration, page, page id, post id, article id, listing, property,
        store, tienda, magasin, badge, employee, empleado, employe, student, estudiante,
        etudiant, work order, job, warranty, garantia, garantie, rma, return number, quote,
        cotizacion, devis, contract, contrato, contrat, membership card, library, library card,
        software, license key, product key, activation, otp, pin, verification,
        verification code, security code, passcode, access code, event, event id, message id,
        msg id, thread, chat id, room, flight, vuelo, vol, gate, seat, phone model, phone case,
        nonce, cache, business license, medical license, license version, license type, permit,
        permit number, building permit, permis de construire, flight number, id card, dni,
        cedula, curp, rfc, siren, siret, cuit, cpf, employer identification, dingdan, fapiao,
        kuaidi, bianhao, zip code, template, tpl, extension id, application locator,
        application id, application, solicitud, demande, internal id, record, row, counter,
        index, seq, sequence, firmware, port, process, pid, thread id, error, code erreur, bug,
        issue, pull request, build number, software license, atin, ptin, case number, docket,
        certificate, score, survey, mac, bin range, gift code, routing id, site, site id,
        idsite, container, localisateur, group policy, group policy number, gift card number,
        library card number, membership card number, loyalty card number, sim card number,
        id card number, paqueteria, pixel, pixel id, tracker, screen, resolution, viewport, cart,
        cart id, panier, carrito, checkout id, sequence number, odometer, mileage""",
}
HAN = {
    "ssn": """
        社安号 社会安全号 社会安全号码 社会保障号 社会保障号码 社安 社会安全 社保号
        社保号码 社安码""",
    "itin": """
        个人纳税人识别号 个人报税号 纳税人识别号 纳税人 报税号 个人税号 纳税识别号""",
    "tin": """
        税号""",
    "credit_card": """
        信用卡 信用卡号 卡号 银行卡 银行卡号 借记卡 储蓄卡 支付卡 维萨 万事达 银联 刷卡""",
    "routing": """
        路由号 路由号码 汇款路线 银行路由 路线号 联行号 清算号 路由""",
    "account": """
        账号 帐号 账户 帐户 银行账号 银行账户 支票账户 储蓄账户 户口号码 账户号码 户号""",
    "phone": """
        电话 手机 手机号 电话号码 联系电话 座机 传真 拨打 致电 打给 联系方式 来电 热线
        微信电话 回电 联系 换号 移动电话 短信 打电话""",
    "email": """
        邮箱 电子邮件 邮件 邮箱地址 电邮 邮址""",
    "passport": """
        护照 护照号 护照号码 旅行证件""",
    "drivers_license": """
        驾照 驾驶证 驾驶执照 驾照号 驾驶证号 驾照号码 驾驶证号码 驾驶执照号""",
    "member_id": """
        医保号 医保卡 医保卡号 参保号 参保人 保险号 保险号码 保单号 医疗保险号 医保
        医疗保险 参保 保险会员号 投保人 医疗补助""",
    "member": """
        会员号 会员 会员编号 会员卡号 保单 受益人 成员编号""",
    "veto": """
        订单 订单号 发票 发票号 快递 快递单号 运单 运单号 物流 物流单号 跟踪号 商品
        商品编号 货号 零件 零件号 部件号 序列号 型号 产品 产品编号 优惠券 优惠码 促销码
        折扣码 条码 条形码 书号 批次 批号 工单 工单号 案件 案例 预订 预订号 预约号 参考号
        编号 流水号 会话 设备 设备号 时间戳 时间 日期 价格 金额 总额 总计 坐标 经度 纬度
        版本 版本号 短号 短码 车牌 车牌号 车架号 包裹 图片 仓库 理赔号 理赔 组号 团体号
        病历号 病历 患者编号 就诊号 客户号 客户编号 积分 积分卡 邮编 转账 交易号 交易 电表
        水表 用户号 用户编号 用户名 工号 学号 员工号 票号 订座 航班 验证码 身份证 身份证号
        库存 取件码 礼品卡 申请号 合同号 合同 凭证号 票据号 定位号 信用代码 记录号 索引
        计数 内部编号 余额 面积 重量 生日 出生日期 流水""",
}
